package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Threads report faults while software reads and frees records. */
class FaultRaceTest {

    private static final int REPORTERS = 2;
    private static final int FAULTS_EACH = 50_000;

    private final RegisterRig rig = RegisterRig.withoutCollapsing(Units.FULL);

    @Test
    void everyRecordThatIsReportedIsReadOnceWholeAndTheOthersAreCounted() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(REPORTERS);
        List<Future<List<Long>>> reporters = new ArrayList<>();
        for (int i = 0; i < REPORTERS; i++) {
            int sid = i + 1;
            reporters.add(threads.submit(() -> report(sid)));
        }
        List<List<Long>> read = List.of(new ArrayList<>(), new ArrayList<>());
        int next = 0;
        while (reporters.stream().anyMatch(reporter -> !reporter.isDone())) {
            next = collect(next, read);
        }
        collect(next, read);
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        long recorded = 0;
        for (int i = 0; i < REPORTERS; i++) {
            List<Long> reported = reporters.get(i).get();
            assertThat(read.get(i)).isEqualTo(reported);
            recorded += reported.size();
        }
        assertThat(rig.vtd.counters().faults())
                .isEqualTo(new VtdCounters.Faults(recorded, 0, (long) REPORTERS * FAULTS_EACH - recorded));
        assertThat(recorded).isPositive();
    }

    /** Reports pages whose number is repeated in the PASID; answers which were recorded. */
    private List<Long> report(int sid) {
        List<Long> recorded = new ArrayList<>();
        for (long page = 0; page < FAULTS_EACH; page++) {
            if (rig.translation.faults.report(0x70 + sid, sid, (int) page, page << 12, 0)) {
                recorded.add(page);
            } else {
                Thread.onSpinWait();
            }
        }
        return recorded;
    }

    /** What a fault handler does: from the record where it stopped to the first free one, then the overflow. */
    private int collect(int from, List<List<Long>> read) {
        int next = from;
        for (FaultRecord record = rig.fault(next); record.isFull(); record = rig.fault(next)) {
            assertThat(record.reason()).isEqualTo(0x70 + record.sid());
            assertThat(record.page() >>> 12).isEqualTo(record.pasid());
            read.get(record.sid() - 1).add((long) record.pasid());
            rig.free(next);
            next = (next + 1) % Units.FULL.faultRecords();
        }
        rig.write(VtdRegister.FSTS, 1);
        return next;
    }
}
