package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.QueueError;
import io.github.iommu4j.vtd.layout.RegisterFields.Fsts;
import io.github.iommu4j.vtd.layout.RegisterFields.Iqercd;
import io.github.iommu4j.vtd.layout.TableMode;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.Set;

/** When an invalidation queue runs, and how it says why it does not (Intel VT-d §6.5.2.10). Immutable. */
final class QueueRules {

    private final VtdCapabilities capabilities;
    private final boolean stepped;
    private final boolean resumesOnTail;
    private final boolean stopsAfterWaitOnly;

    QueueRules(VtdCapabilities capabilities, Set<VtdDeviation> deviations, QueueProcessing processing) {
        this.capabilities = capabilities;
        this.stepped = processing == QueueProcessing.STEPPED;
        this.resumesOnTail = deviations.contains(VtdDeviation.QUEUE_RESUMES_ON_TAIL_WRITE);
        this.stopsAfterWaitOnly = deviations.contains(VtdDeviation.QUEUE_STOPS_AFTER_WAIT_ONLY);
    }

    /** Whether GCMD_REG.QIE may be cleared now. */
    boolean mayStop(boolean empty, boolean afterWait) {
        return !stopsAfterWaitOnly || empty && afterWait;
    }

    boolean isStepped() {
        return stepped;
    }

    boolean resumesOnTail() {
        return resumesOnTail;
    }

    /** Descriptors of 256 bits need scalable or abort-DMA mode to exist. */
    QueueError widthError(QueueGeometry geometry) {
        boolean allowed = capabilities.hasScalableMode() || capabilities.abortsDma();
        return geometry.isWide() && !allowed ? QueueError.WIDTH : QueueError.NONE;
    }

    /** What keeps the unit from fetching the descriptor at {@code head}. */
    QueueError check(QueueGeometry geometry, int head, int tail, TableMode mode) {
        if (widthError(geometry) != QueueError.NONE || mode == TableMode.SCALABLE && !geometry.isWide()) {
            return QueueError.WIDTH;
        }
        if (!isValid(mode)) {
            return QueueError.TABLE_MODE;
        }
        if (tail >= geometry.bytes() || head >= geometry.bytes()) {
            return QueueError.TAIL;
        }
        return ((head | tail) & geometry.descriptorBytes() - 1) == 0 ? QueueError.NONE : QueueError.TAIL_ALIGNMENT;
    }

    private boolean isValid(TableMode mode) {
        return switch (mode) {
            case LEGACY -> true;
            case SCALABLE -> capabilities.hasScalableMode();
            case RESERVED -> false;
            case ABORT -> capabilities.abortsDma();
        };
    }

    void recordQueueError(RegisterState state, QueueError error) {
        state.set(VtdRegister.IQERCD, Iqercd.IQEI.with(state.get(VtdRegister.IQERCD), error.ordinal()));
    }

    /** The first source stays until software clears ITE. */
    void recordTimeOut(RegisterState state, int sid) {
        if (!state.isSet(VtdRegister.FSTS, Fsts.ITE)) {
            state.set(VtdRegister.IQERCD, Iqercd.ITESID.with(state.get(VtdRegister.IQERCD), sid));
        }
    }

    /** The first source stays until software clears ICE. */
    void recordCompletionError(RegisterState state, int sid) {
        if (!state.isSet(VtdRegister.FSTS, Fsts.ICE)) {
            state.set(VtdRegister.IQERCD, Iqercd.ICESID.with(state.get(VtdRegister.IQERCD), sid));
        }
    }
}
