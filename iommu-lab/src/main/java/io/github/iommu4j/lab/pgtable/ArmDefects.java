package io.github.iommu4j.lab.pgtable;

import static io.github.iommu4j.core.pagetable.PageTableErratum.GROUP_SPLIT_RETURNS_FIRST;
import static io.github.iommu4j.core.pagetable.PageTableErratum.LOOKUP_ALIASES;
import static io.github.iommu4j.core.pagetable.PageTableErratum.RUN_END_UNCHECKED;
import static io.github.iommu4j.core.pagetable.PageTableErratum.SPLIT_LOSES_ADDRESS;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.lab.vector.Members;
import io.github.iommu4j.lab.vector.TableState.Leaf;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Names the defects of the kernel's ARM tables behind a difference between the recording and ours, which is known to be
 * right. Confined to one thread; asked about the rows of one sequence in order.
 *
 * <p>Some defects leave the reference with another table than ours. From then on what is mapped, and which addresses
 * tables have, differs for that reason.
 */
final class ArmDefects {

    private static final long SECTION = 1L << 20;

    private final Set<Erratum> known;
    private final LeafAttributes attributes;
    private final Set<PageTableErratum> diverged = EnumSet.noneOf(PageTableErratum.class);
    private AddressSpaces spaces = AddressSpaces.NONE;

    /** Tells what a leaf's descriptor holds besides the address. */
    @FunctionalInterface
    interface LeafAttributes {
        long of(Leaf leaf);
    }

    /** With the defects there are, and what leaves look like. */
    ArmDefects(Set<Erratum> known, LeafAttributes attributes) {
        this.known = known;
        this.attributes = attributes;
    }

    /** A table came into being. */
    void begin(AddressSpaces addressSpaces) {
        spaces = addressSpaces;
    }

    /** The defects; empty when none of them does that. */
    Set<Erratum> blame(VectorRow recorded, VectorRow ours) {
        Set<PageTableErratum> blamed = EnumSet.noneOf(PageTableErratum.class);
        boolean explained = true;
        if (recorded instanceof VectorRow.Call call) {
            blamed.addAll(call(call, (VectorRow.Call) ours));
        } else if (recorded instanceof VectorRow.Checkpoint checkpoint) {
            explained = checkpoint(checkpoint, (VectorRow.Checkpoint) ours, blamed);
        } else if (recorded instanceof VectorRow.End) {
            blamed.addAll(diverged);
        }
        return explained && known.containsAll(blamed) ? new HashSet<>(blamed) : Set.of();
    }

    private Set<PageTableErratum> call(VectorRow.Call recorded, VectorRow.Call ours) {
        Members arguments = recorded.arguments();
        long iova = arguments.values().containsKey("iova") ? arguments.number("iova") : 0;
        if (recorded.name().equals(Operations.PHYS)) {
            return translation(
                    iova, recorded.answers().number("ret"), ours.answers().number("ret"));
        }
        if (recorded.answers().equals(ours.answers())) {
            return diverged;
        }
        if (!fits(arguments, iova)) {
            diverged.add(RUN_END_UNCHECKED);
            return EnumSet.of(RUN_END_UNCHECKED);
        }
        if (recorded.name().equals(Operations.UNMAP)
                && Long.compareUnsigned(
                                recorded.answers().number("ret"), ours.answers().number("ret"))
                        < 0
                && recorded.effects().tlb().stream()
                        .anyMatch(event -> event.kind().equals("walk"))) {
            diverged.add(GROUP_SPLIT_RETURNS_FIRST);
            return EnumSet.of(GROUP_SPLIT_RETURNS_FIRST);
        }
        return diverged;
    }

    private boolean fits(Members arguments, long iova) {
        long size = AddressSpaces.size(arguments.number("pgsize"), arguments.number("pgcount"));
        boolean reaches = !arguments.values().containsKey("paddr") || spaces.reaches(arguments.number("paddr"), size);
        return reaches && spaces.translates(iova, size);
    }

    private Set<PageTableErratum> translation(long iova, long recorded, long ours) {
        if (!spaces.translates(iova, 1)) {
            return EnumSet.of(LOOKUP_ALIASES);
        }
        boolean isLost = ours != 0 && recorded == (iova & SECTION - 1);
        return isLost && (recorded != 0 || diverged.isEmpty()) ? EnumSet.of(SPLIT_LOSES_ADDRESS) : diverged;
    }

    private boolean checkpoint(VectorRow.Checkpoint recorded, VectorRow.Checkpoint ours, Set<PageTableErratum> blamed) {
        int different = 0;
        for (long iova : union(recorded.state().leaves(), ours.state().leaves())) {
            Leaf theirs = recorded.state().leaves().get(iova);
            Leaf right = ours.state().leaves().get(iova);
            if (theirs != null && right != null && onlyAddressDiffers(theirs, right)) {
                blamed.add(SPLIT_LOSES_ADDRESS);
                different++;
            }
        }
        for (int i = 0; i < recorded.translations().size(); i++) {
            VectorRow.Translation theirs = recorded.translations().get(i);
            long pa = ours.translations().get(i).pa();
            if (theirs.pa() != pa) {
                blamed.addAll(translation(theirs.iova(), theirs.pa(), pa));
            }
        }
        boolean sameTables = recorded.state().blocks().equals(ours.state().blocks())
                && differentWords(recorded.state().words(), ours.state().words()) == different;
        if (!sameTables) {
            blamed.addAll(diverged);
        }
        return sameTables || !diverged.isEmpty();
    }

    private boolean onlyAddressDiffers(Leaf theirs, Leaf ours) {
        return theirs.size() == ours.size()
                && theirs.descriptor() != ours.descriptor()
                && attributes.of(theirs) == attributes.of(ours);
    }

    private static long differentWords(Map<Long, Long> theirs, Map<Long, Long> ours) {
        return union(theirs, ours).stream()
                .filter(address -> !Objects.equals(theirs.get(address), ours.get(address)))
                .count();
    }

    private static Set<Long> union(Map<Long, ?> some, Map<Long, ?> others) {
        Set<Long> union = new HashSet<>(some.keySet());
        union.addAll(others.keySet());
        return union;
    }
}
