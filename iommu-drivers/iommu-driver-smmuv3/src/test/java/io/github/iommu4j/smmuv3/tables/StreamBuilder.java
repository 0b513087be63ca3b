package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.smmuv3.reference.Granule;
import io.github.iommu4j.smmuv3.reference.IdRegisters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Builds one STE and everything under it. */
final class StreamBuilder {

    /** EL2 translations carry no tag: only one stream may have them. */
    private static final int EL2_VMID = 1;

    private final Ram ram;
    private final IdRegisters id;
    private final Dice dice;
    private final Shape shape;
    private final int vmid;
    private final long[] ste = new long[8];
    private final Map<Integer, Placed> placed = new LinkedHashMap<>();
    private int contextBits;
    private int defaultSubstream;
    private @Nullable StageTwoBuilder stageTwo;

    /** A CD and the physical address it was written to. */
    private record Placed(ContextBuilder.Image image, long descriptor) {}

    StreamBuilder(Ram ram, IdRegisters id, Dice dice, Shape shape, int vmid) {
        this.ram = ram;
        this.id = id;
        this.dice = dice;
        this.shape = shape;
        this.vmid = vmid;
        for (int i = 0; i < ste.length; i++) {
            ste[i] = i >= 4 || !shape.stages().stage2() && i >= 2 ? dice.bits(64) : 0;
        }
        build();
    }

    long[] words() {
        return ste;
    }

    private void build() {
        Shape.Stages stages = shape.stages();
        ste[0] |= 1L | (long) stages.config() << 1;
        ste[1] = dice.bits(6) << 2 | dice.flag(19) | dice.bits(4) << 20 | dice.bits(2) << 44;
        ste[1] |= dice.oneIn(2) ? 0 : dice.bits(4) << 48;
        if (!stages.stage2()) {
            ste[2] = ste[2] >>> 16 << 16 | vmid;
        }
        int ips = dice.between(0, 7);
        Space space = new PhysicalSpace(ram, Math.min(48, id.cappedAddressBits(ips)));
        if (stages.stage2()) {
            int least = stages.stage1() ? 28 : 16;
            StageTwoBuilder below = new StageTwoBuilder(ram, id, dice, new Granule(shape.stage2Granule()), least);
            stageTwo = below;
            below.fill(ste, vmid);
            ste[1] |= dice.flag(25);
            if (stages.stage1()) {
                space = below.guestSpace(ram, Math.min(48, id.cappedAddressBits(ips)));
            } else {
                below.addMappings();
            }
        }
        if (stages.stage1()) {
            addContexts(ips, space);
            boolean mayBeEl2 = id.el2() && !stages.stage2() && vmid == EL2_VMID && placed.size() == 1;
            ste[1] |= mayBeEl2 && dice.oneIn(3) ? 2L << 30 : 0;
        }
    }

    private void addContexts(int ips, Space space) {
        contextBits = id.ssidSize() == 0 || dice.oneIn(3) ? 0 : dice.between(1, Math.min(12, id.ssidSize()));
        defaultSubstream = dice.below(4);
        ste[0] |= (long) contextBits << 59;
        ste[1] |= defaultSubstream;
        TreeSet<Integer> indexes = new TreeSet<>(List.of(0));
        while (contextBits > 0 && indexes.size() < 2 && !dice.oneIn(3)) {
            indexes.add((int) dice.bits(contextBits));
        }
        ContextTableWriter table = new ContextTableWriter(ram, space, dice, contextBits, id.twoLevelContexts());
        Descriptors leaves = Descriptors.ofStage1(dice, id.outputAddressBits() == 52);
        ContextBuilder contexts =
                new ContextBuilder(ram, id, dice, shape, indexes.size() > 1 ? leaves.withoutGlobals() : leaves);
        for (int index : indexes) {
            int asid = vmid * 4 + placed.size();
            ContextBuilder.Image image = contexts.build(asid, ips, space);
            placed.put(index, new Placed(image, table.put(index, image.words())));
        }
        ste[0] |= table.fields();
    }

    /** The places traffic can go, once the STE stands at an address. */
    List<Context> contexts(int streamId, long steAddress) {
        List<Context> contexts = new ArrayList<>();
        StageTwoBuilder below = stageTwo;
        List<Mapping> lower = below == null ? List.of() : below.mappings();
        if (placed.isEmpty()) {
            List<Long> addresses = below == null ? List.of(dice.bits(32)) : below.addresses;
            contexts.add(new Context(streamId, -1, vmid, 0, 0, steAddress, 0, addresses, lower));
        }
        placed.forEach((index, context) -> {
            ContextBuilder.Image image = context.image();
            List<Mapping> mappings = new ArrayList<>(image.mappings());
            mappings.addAll(lower);
            boolean plain = contextBits == 0 || defaultSubstream == 2 && index == 0;
            int asid = (int) (image.words().get(0) >>> 48);
            contexts.add(new Context(
                    streamId,
                    plain ? -1 : index,
                    vmid,
                    asid,
                    (int) (ste[1] >>> 30) & 3,
                    steAddress,
                    context.descriptor(),
                    image.addresses(),
                    mappings));
        });
        return contexts;
    }
}
