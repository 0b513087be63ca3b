package io.github.iommu4j.lab.replay;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.TranslationRow;
import io.github.iommu4j.lab.machine.CapturedMachine;
import io.github.iommu4j.lab.verdict.ReplayResult;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Measures how fast a captured machine translates what it translated before, caches on, on one thread. */
public final class Speedometer {

    private static final long WARM_UP = TimeUnit.MILLISECONDS.toNanos(150);
    private static final long MEASURED = TimeUnit.MILLISECONDS.toNanos(100);

    private final CapturedMachine machine;
    private final List<TranslationRow> rows;

    private Speedometer(CapturedMachine machine, List<TranslationRow> rows) {
        this.machine = machine;
        this.rows = rows;
    }

    /**
     * Measures, for about a quarter of a second.
     *
     * @param capture the capture
     * @return the translations of the last tenth of a second; none when the capture has none
     * @throws CaptureException when the machine cannot be restored
     */
    public static ReplayResult.Speed measure(Capture capture) throws CaptureException {
        CapturedMachine machine = Replay.machine(capture, CapturedMachine.Caching.ON);
        Speedometer speedometer = new Speedometer(machine, capture.translations());
        speedometer.run(WARM_UP);
        return speedometer.run(MEASURED);
    }

    private ReplayResult.Speed run(long nanos) {
        long start = System.nanoTime();
        long count = 0;
        long elapsed = 0;
        while (!rows.isEmpty() && elapsed < nanos) {
            for (TranslationRow row : rows) {
                Access access = (row.walkerPermissions() & 1) != 0 ? Access.READ : Access.WRITE;
                machine.translate(row.streamId(), TranslationUnit.NO_SUBSTREAM, row.iova(), access);
            }
            count += rows.size();
            elapsed = System.nanoTime() - start;
        }
        return new ReplayResult.Speed(count, elapsed);
    }
}
