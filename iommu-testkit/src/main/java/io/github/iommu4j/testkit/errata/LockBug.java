package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockReport.Kind;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Orders of locks that a lock validator reports.
 *
 * @param id the exhibit's
 * @param locks kinds of locks, as {@link LockScript} reads them
 * @param wrong what was taken
 * @param right what is taken since it was mended
 * @param kind what is reported
 * @param story the exhibit's
 * @param mended the exhibit's
 */
record LockBug(
        String id, List<String> locks, List<String> wrong, List<String> right, Kind kind, String story, String mended) {

    private static final String VALIDATOR = "the lock validator";

    Exhibit exhibit() {
        return new Exhibit(
                id,
                story,
                VALIDATOR,
                kind.toString(),
                mended,
                condition -> show(condition == Exhibit.Condition.AS_IT_WAS ? wrong : right));
    }

    private Exhibit.Sighting show(List<String> lines) {
        List<LockReport> reports = new LockScript(locks).play(lines);
        return new Exhibit.Sighting(
                reports.stream().map(LockBug::line).toList(),
                reports.stream().map(LockReport::toText).collect(Collectors.joining("\n")),
                1,
                reports);
    }

    private static String line(LockReport report) {
        String classes = report.classes().stream().map(name -> name.plain()).collect(Collectors.joining(" "));
        return report.kind() + ": " + report.title() + ": " + classes;
    }
}
