package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * Translates: the cache, else a walk that fills it, then the judgement.
 *
 * <p>A translation that is cached and permitted reads no memory and takes no lock. A walk is done again when an
 * invalidation or a change of registers came in between ({@link Tlb}), a few times; then, and for everything that
 * faults, it is done with the monitor of this object held, which invalidations and register accesses hold too. Nothing is
 * allocated.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread.
 */
final class Translator {

    private static final int OPTIMISTIC_WALKS = 8;

    private final ShortWalker walker;
    private final Tlb tlb;
    private final FaultSink sink;
    private volatile WalkControl control;

    Translator(PhysicalMemory memory, TlbGeometry geometry, WalkControl reset, FaultSink sink) {
        this.walker = new ShortWalker(memory, null);
        this.tlb = new Tlb(geometry);
        this.control = reset;
        this.sink = sink;
    }

    WalkControl control() {
        return control;
    }

    /** Publishes a state of the registers. What is cached stays. */
    synchronized void control(WalkControl state) {
        control = state;
        tlb.advance();
    }

    /** Takes entries out of the cache. When this returns no translation that starts later uses them. */
    synchronized void invalidate(TlbMatch match) {
        tlb.invalidate(match);
    }

    /**
     * Translates.
     *
     * @param streamId who makes the access
     * @param address no wider than the part's addresses
     * @param access packed as {@link io.github.iommu4j.api.dma.Access} says
     * @return an answer as {@link TlbWord} says, or a fault as {@link io.github.iommu4j.api.dma.Translations} packs it
     */
    long translate(int streamId, long address, int access) {
        WalkControl now = control;
        long word = tlb.find(address, now.asid());
        if (word > 0) {
            long answer = Judge.judge(now, word, access);
            return answer > 0 ? answer : settle(streamId, address, access);
        }
        return word < 0 ? settle(streamId, address, access) : walk(streamId, address, access);
    }

    private long walk(int streamId, long address, int access) {
        for (int walks = 0; walks < OPTIMISTIC_WALKS; walks++) {
            long seen = tlb.epoch();
            WalkControl now = control;
            long word = walker.walk(now, address);
            if (word < 0) {
                break;
            }
            tlb.insert(seen, address, now.asid(), word);
            if (tlb.epoch() == seen) {
                long answer = Judge.judge(now, word, access);
                if (answer > 0) {
                    return answer;
                }
                break;
            }
        }
        return settle(streamId, address, access);
    }

    /** Translates while nothing can change, and records the fault that belongs to what it saw. */
    private synchronized long settle(int streamId, long address, int access) {
        WalkControl now = control;
        long word = tlb.find(address, now.asid());
        if (word == 0) {
            word = walker.walk(now, address);
            tlb.insert(tlb.epoch(), address, now.asid(), word);
        }
        if (word > 0) {
            word = Judge.judge(now, word, access);
        }
        return word > 0 ? word : sink.record(word, streamId, address, access);
    }
}
