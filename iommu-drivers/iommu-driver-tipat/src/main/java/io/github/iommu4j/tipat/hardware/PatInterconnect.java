package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The interconnect between devices and memory, with PATs on it: an access to a window goes into its PAT and comes out
 * with another address, which may lie in a window again, its own too. What lies in no window passes.
 *
 * <p>Hardware would send an access round a loop of windows for ever; here it is refused with {@link PatFault#HOP_LIMIT}
 * after a number of look-ups.
 *
 * <p><b>Thread-safety:</b> as {@link Pat}. An access that takes several look-ups meets each entry at its own moment.
 */
public final class PatInterconnect implements TranslationUnit {

    /** Look-ups for one access unless said otherwise. */
    public static final int DEFAULT_HOP_LIMIT = 16;

    private static final int J721E_PATS = 5;

    private final PhysicalMemory memory;
    private final int hopLimit;
    private final Pat[] pats;
    private final long[] bases;
    private final long[] sizes;
    /** All windows lie in these addresses, which most accesses do not. */
    private final long lowest;

    private final long span;
    private final MmioRegion registers;

    /**
     * An interconnect of the default number of look-ups.
     *
     * @param memory what is behind
     * @param pats the PATs on it, at least one
     * @throws IllegalArgumentException when there are none, or two windows overlap
     */
    public PatInterconnect(PhysicalMemory memory, List<Pat> pats) {
        this(memory, pats, DEFAULT_HOP_LIMIT);
    }

    /**
     * An interconnect.
     *
     * @param memory what is behind
     * @param pats the PATs on it, at least one
     * @param hopLimit the most look-ups for one access, at least 1
     * @throws IllegalArgumentException when there are no PATs, two windows overlap, or nothing may be looked up
     */
    public PatInterconnect(PhysicalMemory memory, List<Pat> pats, int hopLimit) {
        if (pats.isEmpty() || hopLimit < 1) {
            throw new IllegalArgumentException(pats.size() + " PATs and " + hopLimit + " look-ups");
        }
        this.memory = memory;
        this.hopLimit = hopLimit;
        this.pats = pats.toArray(Pat[]::new);
        requireApart(pats);
        this.bases = pats.stream().mapToLong(pat -> pat.window().base()).toArray();
        this.sizes = pats.stream().mapToLong(pat -> pat.window().size()).toArray();
        this.lowest = Arrays.stream(bases).min().orElseThrow();
        this.span = pats.stream().mapToLong(pat -> pat.window().last()).max().orElseThrow() - lowest + 1;
        this.registers = new RegionRow(pats.stream().map(Pat::registers).toList(), PatRegisters.SIZE);
    }

    private static void requireApart(List<Pat> pats) {
        for (int i = 0; i < pats.size(); i++) {
            for (Pat other : pats.subList(0, i)) {
                if (pats.get(i).window().overlaps(other.window())) {
                    throw new IllegalArgumentException(
                            "overlapping windows: " + pats.get(i).window() + " and " + other.window());
                }
            }
        }
    }

    /**
     * The five PATs of a J721E, in reset. The first one's window is the one in the device tree binding, the others follow
     * it; each has 1 GiB and 16,384 pages.
     *
     * @param memory what is behind
     * @return a new interconnect
     */
    public static PatInterconnect j721e(PhysicalMemory memory) {
        List<Pat> pats = new ArrayList<>();
        for (int i = 0; i < J721E_PATS; i++) {
            PatWindow window = new PatWindow(0x48_0000_0000L + i * 0x4000_0000L, 0x4000_0000L);
            pats.add(Pat.builder(window)
                    .name("pat" + i)
                    .tableAddress(0x3640_0000L + i * 0x4_0000L)
                    .build());
        }
        return new PatInterconnect(memory, pats);
    }

    /**
     * The PATs.
     *
     * @return in the order they were given
     */
    public List<Pat> pats() {
        return List.of(pats);
    }

    /**
     * The registers of all PATs, one after the other, 4 KiB each, as on a J721E.
     *
     * @return the same region on every call
     */
    @Override
    public MmioRegion registers() {
        return registers;
    }

    /**
     * What a device sees: loads and stores to a window reach the pages behind it, all others pass. An access that a PAT
     * refuses is a bus error at the address the device used.
     *
     * @param streamId who the device is
     * @return memory as from there
     */
    public PhysicalMemory memoryOf(int streamId) {
        return new WindowMemory(this, memory, streamId);
    }

    private @Nullable Pat patAt(long address) {
        if (Long.compareUnsigned(address - lowest, span) >= 0) {
            return null;
        }
        for (int i = 0; i < bases.length; i++) {
            if (Long.compareUnsigned(address - bases[i], sizes[i]) < 0) {
                return pats[i];
            }
        }
        return null;
    }

    private int passLg2(long address) {
        int lg2 = Long.SIZE;
        for (Pat pat : pats) {
            lg2 = Math.min(lg2, pat.window().passLg2(address));
        }
        return lg2;
    }

    /**
     * Follows an address through every window it comes to, without allocating.
     *
     * @param streamId who asks: its lower 12 bits are the route id of a logged error
     * @param substreamId not used
     * @param iova a physical address of the interconnect
     * @param accessBits what the access does: only logged
     * @return the packed answer: an address in no window, with the smallest page on the way; a fault is a {@link
     *     PatFault}
     */
    @Override
    public long translate(int streamId, int substreamId, long iova, int accessBits) {
        Pat pat = patAt(iova);
        if (pat == null) {
            return Pat.passes(iova, passLg2(iova));
        }
        long address = iova;
        int sizeLg2 = Long.SIZE;
        for (int hop = 0; hop < hopLimit; hop++) {
            long answer = pat.lookUp(streamId, address, accessBits);
            if (!Translations.isOk(answer)) {
                return answer;
            }
            address = Translations.pa(answer);
            sizeLg2 = Math.min(sizeLg2, Translations.sizeLg2(answer));
            pat = patAt(address);
            if (pat == null) {
                return hop == 0 ? answer : Translations.ok(address, sizeLg2, Pat.EVERYTHING);
            }
        }
        return PatFault.HOP_LIMIT.packed();
    }

    @Override
    public Translation translate(DmaRequest request) {
        return Pat.translation(
                translate(request.streamId(), request.substreamId(), request.iova(), request.accessBits()));
    }

    /**
     * Explains where an address goes.
     *
     * @param request the access
     * @return every entry read, PAT by PAT, and the answer
     */
    @Override
    public Explanation explain(DmaRequest request) {
        List<Explanation.Fetch> fetches = new ArrayList<>();
        Pat pat = patAt(request.iova());
        if (pat == null) {
            return Pat.explainPassing(request, request.iova(), fetches, passLg2(request.iova()));
        }
        long address = request.iova();
        int sizeLg2 = Long.SIZE;
        for (int hop = 0; hop < hopLimit; hop++) {
            Explanation one = pat.explainLookUp(request, address, fetches);
            if (!(one.result() instanceof Translation.Ok ok)) {
                return one;
            }
            address = ok.pa();
            sizeLg2 = Math.min(sizeLg2, ok.sizeLg2());
            pat = patAt(address);
            if (pat == null) {
                Translation answer = Pat.translation(Translations.ok(address, sizeLg2, Pat.EVERYTHING));
                return new Explanation(request, fetches, answer, List.of(), one.conclusion());
            }
        }
        Translation refused = Pat.translation(PatFault.HOP_LIMIT.packed());
        return new Explanation(
                request, fetches, refused, List.of(), "still in a window after " + hopLimit + " look-ups");
    }

    /**
     * There is no queue.
     *
     * @return {@code false}
     */
    @Override
    public boolean step() {
        return false;
    }
}
