package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.RegisterFields.Ccmd;
import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.RegisterFields.Iotlb;
import io.github.iommu4j.vtd.layout.RegisterFields.Iva;
import io.github.iommu4j.vtd.layout.TableMode;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.Set;

/**
 * Register-based invalidation (Intel VT-d §6.5.1): CCMD_REG, IOTLB_REG and IVA_REG. A command acts when the dword with bit 63
 * is written with that bit set, and has completed when the write returns. One command at a time.
 */
final class RegisterInvalidation {

    private static final int LAST_VERSION = 5;
    private static final int REFUSED = 0;

    private final RegisterState state;
    private final VtdCapabilities capabilities;
    private final Set<VtdDeviation> deviations;
    private final CacheControl caches;

    RegisterInvalidation(
            RegisterState state, VtdCapabilities capabilities, Set<VtdDeviation> deviations, CacheControl caches) {
        this.state = state;
        this.capabilities = capabilities;
        this.deviations = deviations;
        this.caches = caches;
    }

    /** A write to CCMD_REG. */
    synchronized void writeContextCommand(long value, long lanes) {
        long command;
        boolean allowed;
        synchronized (state) {
            state.write(VtdRegister.CCMD, value, lanes);
            command = state.get(VtdRegister.CCMD);
            if (!Ccmd.ICC.isSet(value & lanes)) {
                return;
            }
            boolean mode = state.tableMode() == TableMode.LEGACY
                    || deviations.contains(VtdDeviation.CONTEXT_COMMAND_IN_ANY_MODE);
            allowed = mode && isAllowed();
        }
        finish(VtdRegister.CCMD, Ccmd.CAIG, Ccmd.ICC, allowed ? context(command) : REFUSED);
    }

    private int context(long command) {
        int granularity = Ccmd.CIRG.getInt(command);
        if (granularity == InvalidationDescriptor.DOMAIN
                && deviations.contains(VtdDeviation.CONTEXT_DOMAIN_COMMAND_IS_GLOBAL)) {
            granularity = InvalidationDescriptor.GLOBAL;
        }
        switch (granularity) {
            case InvalidationDescriptor.GLOBAL -> caches.contextGlobal();
            case InvalidationDescriptor.DOMAIN -> caches.contextDomain(Ccmd.DID.getInt(command));
            case InvalidationDescriptor.DEVICE ->
                caches.contextDevice(Ccmd.DID.getInt(command), Ccmd.SID.getInt(command), Ccmd.FM.getInt(command));
            default -> {
                return REFUSED;
            }
        }
        return granularity;
    }

    /** A write to IOTLB_REG. */
    synchronized void writeIotlbCommand(long value, long lanes) {
        long command;
        long range;
        boolean allowed;
        synchronized (state) {
            state.write(VtdRegister.IOTLB, value, lanes);
            command = state.get(VtdRegister.IOTLB);
            range = state.get(VtdRegister.IVA);
            if (!Iotlb.IVT.isSet(value & lanes)) {
                return;
            }
            allowed = isAllowed();
        }
        finish(VtdRegister.IOTLB, Iotlb.IAIG, Iotlb.IVT, allowed ? iotlb(command, range) : REFUSED);
    }

    private int iotlb(long command, long range) {
        int did = Iotlb.DID.getInt(command);
        int granularity = Iotlb.IIRG.getInt(command);
        if (granularity == InvalidationDescriptor.PAGES && !capabilities.invalidatesPages()) {
            granularity = InvalidationDescriptor.DOMAIN;
        }
        switch (granularity) {
            case InvalidationDescriptor.GLOBAL -> caches.iotlbGlobal();
            case InvalidationDescriptor.DOMAIN -> caches.iotlbDomain(did);
            case InvalidationDescriptor.PAGES -> {
                int mask = Iva.AM.getInt(range);
                if (mask > capabilities.maximumAddressMask()) {
                    return REFUSED;
                }
                caches.iotlbPages(did, Iva.ADDR.inPlace(range), mask, Iva.IH.isSet(range));
            }
            default -> {
                return REFUSED;
            }
        }
        return granularity;
    }

    /** Not beside the queue, and not at all from version 6 on. */
    private boolean isAllowed() {
        return !state.isSet(VtdRegister.GSTS, Global.QIE) && (capabilities.version() >>> 4 & 0xF) <= LAST_VERSION;
    }

    private void finish(VtdRegister register, BitField performed, BitField command, int granularity) {
        synchronized (state) {
            if (state.isSet(VtdRegister.GSTS, Global.QIE)
                    && deviations.contains(VtdDeviation.COMMAND_REGISTERS_HANG_BESIDE_QUEUE)) {
                return;
            }
            state.set(register, performed.with(state.get(register), granularity));
            state.clearBits(register, command);
        }
    }
}
