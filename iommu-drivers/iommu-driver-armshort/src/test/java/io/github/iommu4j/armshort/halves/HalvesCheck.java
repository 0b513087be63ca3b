package io.github.iommu4j.armshort.halves;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Shareability;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import java.util.ArrayList;
import java.util.List;

/** Lets a unit walk a table and compares what it finds with what should be there. */
final class HalvesCheck {

    private static final int OTHER_SPACE = 0x5A;
    private static final long EMPTY_TABLE = 0x7000_0000L;

    private final Setup setup;
    private final TranslationUnit unit;
    private final List<String> differences = new ArrayList<>();
    private int compared;

    private HalvesCheck(Setup setup, PhysicalMemory memory) {
        this.setup = setup;
        this.unit = setup.unit(memory);
    }

    /**
     * Compares.
     *
     * @param differences one line each; empty when the halves agree
     * @param compared how many addresses were looked at
     * @param rights of how many the rights, type and security were looked at too
     */
    record Result(List<String> differences, int compared, int rights) {}

    static Result run(Setup setup, PhysicalMemory memory, List<Expected> expected) {
        HalvesCheck check = new HalvesCheck(setup, memory);
        int rights = 0;
        for (Expected each : expected) {
            if (each.iova() >>> setup.ias() != 0) {
                continue;
            }
            boolean there = check.compareAddress(each);
            if (there && each.prot() != null) {
                check.compareRights(each);
                rights++;
            }
        }
        return new Result(check.differences, check.compared, rights);
    }

    private void differ(Expected expected, String what) {
        differences.add(String.format("0x%x: %s", expected.iova(), what));
    }

    private Translation access(Expected expected, Access access, boolean privileged) {
        DmaRequest request = DmaRequest.of(0, expected.iova(), access);
        return unit.translate(privileged ? request.privileged() : request);
    }

    /** A privileged read finds whatever is mapped. */
    private boolean compareAddress(Expected expected) {
        compared++;
        Translation answer = access(expected, Access.READ, true);
        long pa = answer instanceof Translation.Ok ok ? ok.pa() : 0;
        if (pa != expected.pa()) {
            differ(expected, answer + " instead of 0x" + Long.toHexString(expected.pa()));
        }
        return expected.pa() != 0 && answer instanceof Translation.Ok;
    }

    private void compareRights(Expected expected) {
        for (boolean privileged : new boolean[] {true, false}) {
            String wanted = setup.has(Setup.NO_PERMS) ? "rwx" : expected.rights(privileged);
            String found = rights(expected, privileged);
            if (!found.equals(wanted)) {
                differ(expected, found + " instead of " + wanted + (privileged ? ", privileged" : ""));
            }
        }
        Translation.Ok ok = (Translation.Ok) access(expected, Access.READ, true);
        boolean inner = ok.attributes().shareability() == Shareability.INNER;
        boolean mtk = setup.has(Setup.MTK_EXT);
        if (ok.attributes().type() != expected.type() || inner != (expected.type() == 0xFF && !mtk)) {
            differ(expected, ok.attributes() + " for protection " + expected.prot());
        }
        if (ok.attributes().shareability() == Shareability.NON_SHAREABLE) {
            differ(expected, "not shared");
        }
        compareSecurity(expected);
        if (!mtk && !isLocal(expected)) {
            differ(expected, "global");
        }
    }

    private String rights(Expected expected, boolean privileged) {
        StringBuilder rights = new StringBuilder();
        for (Access access : new Access[] {Access.READ, Access.WRITE, Access.EXECUTE}) {
            boolean allowed = access(expected, access, privileged) instanceof Translation.Ok;
            rights.append(allowed ? "rwx".charAt(access.ordinal()) : '-');
        }
        return rights.toString();
    }

    private void compareSecurity(Expected expected) {
        Explanation explanation =
                unit.explain(DmaRequest.of(0, expected.iova(), Access.READ).privileged());
        String wanted = setup.has(Setup.NS) ? "0x1" : "0x0";
        boolean right = explanation.fetches().get(0).fields().stream()
                .anyMatch(field -> field.name().equals("NS") && field.value().equals(wanted));
        if (!right) {
            differ(expected, "NS is not " + wanted + ": " + explanation.toText());
        }
    }

    /** Whether what was just cached is not found from another address space, where nothing is mapped. */
    private boolean isLocal(Expected expected) {
        Setup.set(unit, ArmV7Register.TTBR0, (int) EMPTY_TABLE);
        Setup.set(unit, ArmV7Register.CONTEXTIDR, OTHER_SPACE);
        boolean local = access(expected, Access.READ, true) instanceof Translation.Fault;
        Setup.set(unit, ArmV7Register.CONTEXTIDR, 0);
        Setup.set(unit, ArmV7Register.TTBR0, setup.ttbr());
        return local;
    }
}
