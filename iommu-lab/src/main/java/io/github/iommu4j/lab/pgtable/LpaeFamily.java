package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.arm.LpaeGeometry;
import io.github.iommu4j.core.pagetable.arm.LpaeKind;
import io.github.iommu4j.core.pagetable.arm.LpaeRegisters;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.lab.vector.Dialect;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableState.Leaf;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** ARM's long descriptors: stage 1, stage 2 and Mali. */
final class LpaeFamily implements TableFamily {

    private static final Set<String> FORMATS =
            Arrays.stream(LpaeKind.values()).map(LpaeKind::name).collect(Collectors.toUnmodifiableSet());

    @Override
    public Set<String> formats() {
        return FORMATS;
    }

    @Override
    public Dialect dialect() {
        return ArmRequests.DIALECT;
    }

    @Override
    public Set<Erratum> defects() {
        return Set.of(PageTableErratum.RUN_END_UNCHECKED, PageTableErratum.LOOKUP_ALIASES);
    }

    @Override
    public ModelTable create(VectorRow.Start start, TableMachine machine, Set<Erratum> errata) {
        LpaeKind kind = LpaeKind.valueOf(start.format());
        LpaeTable table = LpaeTable.create(kind, ArmRequests.config(start), ArmRequests.environment(machine, errata));
        return new EngineTable(
                table.pageTable(),
                outputs(table),
                new LpaeWalker(machine, table.pageTable().root(), LpaeWalker.Shape.of(table))::walk);
    }

    @Override
    public RightAnswers rightAnswers(VectorRow.Start start) {
        // None of these defects changes a leaf's descriptor: all of it has to be the same.
        return new PlainAnswers(new ArmDefects(defects(), Leaf::descriptor));
    }

    private static Members outputs(LpaeTable table) {
        Map<String, Object> outputs = ArmRequests.outputs(table.config());
        LpaeRegisters registers = table.registers();
        if (registers instanceof LpaeRegisters.Stage1 stage1) {
            outputs.put("ttbr", stage1.ttbr());
            outputs.put("mair", stage1.mair());
            put(outputs, "tcr_ips", "tcr_", stage1.tcr());
        } else if (registers instanceof LpaeRegisters.Stage2 stage2) {
            outputs.put("vttbr", stage2.vttbr());
            outputs.put("vtcr_sl", (long) stage2.sl());
            put(outputs, "vtcr_ps", "vtcr_", stage2.vtcr());
        } else if (registers instanceof LpaeRegisters.Mali mali) {
            outputs.put("transtab", mali.transtab());
            outputs.put("memattr", mali.memattr());
        }
        LpaeGeometry geometry = table.geometry();
        outputs.put("start_level", (long) geometry.startLevel());
        outputs.put("bits_per_level", (long) geometry.bitsPerLevel());
        outputs.put("pgd_bits", (long) geometry.rootBits());
        return new Members(outputs);
    }

    private static void put(Map<String, Object> outputs, String size, String prefix, LpaeRegisters.Tcr tcr) {
        outputs.put(size, (long) tcr.ps());
        outputs.put(prefix + "tg", (long) tcr.tg());
        outputs.put(prefix + "sh", (long) tcr.sh());
        outputs.put(prefix + "orgn", (long) tcr.orgn());
        outputs.put(prefix + "irgn", (long) tcr.irgn());
        outputs.put(prefix + "tsz", (long) tcr.tsz());
    }
}
