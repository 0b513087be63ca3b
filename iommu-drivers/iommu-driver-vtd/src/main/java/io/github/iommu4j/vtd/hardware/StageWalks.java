package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.hardware.AddressSpace.FirstStageTable;
import io.github.iommu4j.vtd.hardware.AddressSpace.SecondStageTable;
import io.github.iommu4j.vtd.layout.FaultReason;
import org.jspecify.annotations.Nullable;

/**
 * Walks the tables of an address space, checks what they give, and fills the IOTLB (Intel VT-d §3.6-3.8, §3.15, §6.2.4).
 * Allocates nothing unless a walk fails. Thread-safe.
 */
final class StageWalks {

    private static final int RIGHTS = Answer.READ | Answer.WRITE | Answer.EXECUTE;

    private final SecondStage secondStage;
    private final FirstStage firstStage;
    private final StageCodes codes;
    private final Iotlb iotlb;
    private final boolean cachesNotPresent;
    private final @Nullable FetchObserver observer;

    StageWalks(PhysicalMemory memory, Unit unit, Caches caches, @Nullable FetchObserver observer) {
        this.observer = observer;
        EntryMasks masks = new EntryMasks(unit.capabilities());
        secondStage = new SecondStage(memory, masks, unit.deviations(), observer);
        firstStage = new FirstStage(memory, secondStage, masks, unit.deviations(), observer);
        codes = new StageCodes(unit.deviations());
        iotlb = caches.iotlb;
        cachesNotPresent = unit.capabilities().isCaching();
    }

    /** What a translation is cached under: rights of a first stage differ by privilege. */
    static long tag(AddressSpace space, int need) {
        boolean supervisor = space.first() != null && (need & FirstStage.SUPERVISOR) != 0;
        return supervisor ? space.tag() | IotlbTag.SUPERVISOR : space.tag();
    }

    /** The fault of a second-stage page that the IOTLB knows not to be there. */
    long notThere(AddressSpace space, int need) {
        return failed(space, SecondStage.NOT_PRESENT, need);
    }

    /** The answer of the tables, or a fault. */
    long walk(long seen, AddressSpace space, long address, int need) {
        FirstStageTable first = space.first();
        SecondStageTable second = space.second();
        long answer;
        if (first != null) {
            answer = throughFirst(space, first, address, need);
        } else if (second != null) {
            answer = secondStage.walk(second, address, need & RIGHTS);
            if (answer < 0) {
                if (answer == SecondStage.NOT_PRESENT && cachesNotPresent) {
                    iotlb.insert(seen, address, tag(space, need), Answer.NOT_THERE);
                }
                return failed(space, (int) answer, need);
            }
        } else {
            throw new AssertionError(space.type() + " has no tables");
        }
        if (answer < 0) {
            return answer;
        }
        if (InterruptRange.overlaps(Answer.page(answer), Answer.sizeLg2(answer))) {
            boolean legacy = space.type().isLegacy();
            return FaultWord.of(
                    legacy ? FaultReason.LGN_4 : FaultReason.SGN_8,
                    space.control().fpd());
        }
        if (space.control().snooped()) {
            answer = Answer.snooped(answer);
        }
        iotlb.insert(seen, address, tag(space, need), answer);
        return answer;
    }

    private long throughFirst(AddressSpace space, FirstStageTable first, long address, int need) {
        SecondStageTable second = space.second();
        long answer = firstStage.walk(first, second, address, need);
        if (answer < 0) {
            return FaultWord.ofStage((int) -answer, space.control().fpd());
        }
        if (second == null) {
            return answer;
        }
        long intermediate = Answer.address(answer, address);
        if (observer != null) {
            observer.secondStageOf(0, intermediate);
        }
        long beneath = secondStage.walk(second, intermediate, need & RIGHTS);
        return beneath < 0 ? failed(space, (int) beneath, need) : Answer.nested(answer, beneath, intermediate);
    }

    private long failed(AddressSpace space, int failure, int need) {
        FaultReason reason = space.type() == AddressSpace.Type.LEGACY
                ? StageCodes.legacy(failure, need)
                : codes.scalable(failure, need);
        return FaultWord.of(reason, space.control().fpd());
    }
}
