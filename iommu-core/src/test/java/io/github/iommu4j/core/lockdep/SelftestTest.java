package io.github.iommu4j.core.lockdep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of the kernel's own self-test. */
final class SelftestTest {

    static List<Selftest.Case> cases() {
        return Selftest.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theVerdictIsTheKernels(Selftest.Case each) {
        LockValidator validator = LockValidator.builder()
                .policy(ReportPolicy.DISABLE_AFTER_FIRST)
                .rawNesting(each.nesting())
                .build();
        Selftest.Column column =
                each.column().isEmpty() ? Selftest.Column.MUTEX : Selftest.Column.valueOf(each.column());
        each.script().accept(new Selftest.Stage(validator, column.kind, column.how()));
        if (each.verdict() == Selftest.Verdict.REPORT) {
            assertThat(validator.reports()).as("%s", each).hasSize(1);
        } else {
            assertThat(validator.reports()).as("%s", each).isEmpty();
        }
    }

    @Test
    void mostOfTheKernelsCasesAreExpressedHere() {
        Map<String, Long> counts = Selftest.cases().stream()
                .collect(Collectors.groupingBy(Selftest.Case::group, TreeMap::new, Collectors.counting()));
        System.out.println(Selftest.cases().size() + " self-test verdicts: " + counts);
        assertThat(Selftest.cases()).hasSizeGreaterThanOrEqualTo(250);
    }
}
