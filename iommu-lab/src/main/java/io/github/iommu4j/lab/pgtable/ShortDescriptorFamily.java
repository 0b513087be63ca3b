package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.arm.ArmTableQuirk;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorRegisters;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import io.github.iommu4j.lab.vector.Dialect;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.Map;
import java.util.Set;

/** ARM's short descriptors, with MediaTek's extensions. */
final class ShortDescriptorFamily implements TableFamily {

    private static final String FORMAT = "ARM_V7S";

    @Override
    public Set<String> formats() {
        return Set.of(FORMAT);
    }

    @Override
    public Dialect dialect() {
        return ArmRequests.DIALECT;
    }

    @Override
    public Set<Erratum> defects() {
        return Set.of(
                PageTableErratum.SPLIT_LOSES_ADDRESS,
                PageTableErratum.GROUP_SPLIT_RETURNS_FIRST,
                PageTableErratum.RUN_END_UNCHECKED,
                PageTableErratum.LOOKUP_ALIASES);
    }

    @Override
    public ModelTable create(VectorRow.Start start, TableMachine machine, Set<Erratum> errata) {
        ShortDescriptorTable table =
                ShortDescriptorTable.create(ArmRequests.config(start), ArmRequests.environment(machine, errata));
        ShortDescriptorWalker walker = new ShortDescriptorWalker(
                machine, table.pageTable().root(), table.config().ias(), isExtended(start));
        return new EngineTable(table.pageTable(), outputs(table), walker::walk);
    }

    @Override
    public RightAnswers rightAnswers(VectorRow.Start start) {
        boolean extended = isExtended(start);
        return new PlainAnswers(new ArmDefects(defects(), leaf -> ShortDescriptorWalker.attributes(leaf, extended)));
    }

    private static boolean isExtended(VectorRow.Start start) {
        return (start.request().number("quirks") & ArmTableQuirk.MTK_EXT.bit()) != 0;
    }

    private static Members outputs(ShortDescriptorTable table) {
        Map<String, Object> outputs = ArmRequests.outputs(table.config());
        ShortDescriptorRegisters registers = table.registers();
        outputs.put("ttbr", Integer.toUnsignedLong(registers.ttbr()));
        outputs.put("tcr", Integer.toUnsignedLong(registers.tcr()));
        outputs.put("nmrr", Integer.toUnsignedLong(registers.nmrr()));
        outputs.put("prrr", Integer.toUnsignedLong(registers.prrr()));
        return new Members(outputs);
    }
}
