package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.RegisterFields.Prs;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.jspecify.annotations.Nullable;

/**
 * The register window (Intel VT-d §11.4): whole pages that hold every register, fault records and IOTLB registers included.
 *
 * <p>Aligned 32-bit accesses reach 32-bit registers and both halves of 64-bit registers, aligned 64-bit accesses reach 64-bit
 * registers. Every other access reads zero and writes nothing.
 */
final class RegisterFile implements MmioRegion {

    /** The answer of ECRSP_REG and VCRSP_REG to a command that does not exist: IP 0, status 1. */
    private static final long NO_SUCH_COMMAND = 2;

    private final RegisterState state;
    private final Handlers handlers;
    private final @Nullable VtdRegister[] words;
    private final int records;
    private final VtdCapabilities capabilities;

    /** What writes act upon. */
    record Handlers(
            GlobalCommands commands,
            RegisterInvalidation invalidation,
            InvalidationQueue queue,
            FaultRecording faults,
            EventInterrupts events) {}

    RegisterFile(RegisterState state, VtdCapabilities capabilities, Handlers handlers) {
        this.state = state;
        this.handlers = handlers;
        this.capabilities = capabilities;
        this.records = capabilities.faultRecords();
        int end = Math.max(capabilities.faultRecordOffset() + 16 * records, capabilities.iotlbRegisterOffset() + 16);
        this.words = new VtdRegister[(end + 0xFFF & ~0xFFF) / 4];
        place(VtdRegister.Base.FIXED, 1);
        place(VtdRegister.Base.IOTLB, 1);
        place(VtdRegister.Base.FAULT_RECORDS, records);
    }

    private void place(VtdRegister.Base base, int copies) {
        for (VtdRegister register : VtdRegister.values()) {
            if (register.base() == base && register.isPresent(capabilities.cap(), capabilities.ecap())) {
                for (int copy = 0; copy < copies; copy++) {
                    place(register, offset(register) + 16 * copy);
                }
            }
        }
    }

    private void place(VtdRegister register, int offset) {
        for (int word = offset / 4; word < (offset + register.width()) / 4; word++) {
            VtdRegister other = words[word];
            if (other != null) {
                throw new IllegalArgumentException(
                        register + " at 0x" + Integer.toHexString(offset) + " stands on " + other);
            }
            words[word] = register;
        }
    }

    private int offset(VtdRegister register) {
        return register.offset(capabilities.cap(), capabilities.ecap());
    }

    @Override
    public long size() {
        return words.length * 4L;
    }

    @Override
    public long read(long offset, int width) {
        VtdRegister register = target(offset, width);
        if (register == null) {
            return 0;
        }
        long value;
        synchronized (state) {
            value = register.base() == VtdRegister.Base.FAULT_RECORDS
                    ? handlers.faults().read(register, record(offset))
                    : state.read(register);
        }
        return width == 8 ? value : value >>> shift(register, offset) & 0xFFFF_FFFFL;
    }

    @Override
    public void write(long offset, int width, long value) {
        VtdRegister register = target(offset, width);
        if (register == null) {
            return;
        }
        int shift = width == 8 ? 0 : shift(register, offset);
        long lanes = Log2.mask(8 * width) << shift;
        write(register, record(offset), value << shift & lanes, lanes);
        handlers.events().deliver();
        switch (register) {
            case GCMD, IQT, IQA, FSTS -> handlers.queue().doorbell();
            default -> {}
        }
    }

    private void write(VtdRegister register, int record, long value, long lanes) {
        switch (register) {
            case GCMD -> handlers.commands().execute(value);
            case CCMD -> handlers.invalidation().writeContextCommand(value, lanes);
            case IOTLB -> handlers.invalidation().writeIotlbCommand(value, lanes);
            case PMEN, PLMBASE, PLMLIMIT, PHMBASE, PHMLIMIT ->
                handlers.commands().protect(register, value, lanes);
            default -> {
                synchronized (state) {
                    writeLocked(register, record, value, lanes);
                }
            }
        }
    }

    private void writeLocked(VtdRegister register, int record, long value, long lanes) {
        switch (register) {
            case FRCD_LOW -> {}
            case FRCD_HIGH -> handlers.faults().writeRecord(record, value);
            case FSTS -> handlers.faults().writeStatus(value, lanes);
            case IQA -> handlers.queue().writeAddress(value, lanes);
            case IQT -> handlers.queue().writeTail(value, lanes);
            case FECTL, IECTL, PECTL -> {
                state.write(register, value, lanes);
                handlers.events().unmasked(source(register));
            }
            case ICS, PRS -> {
                state.write(register, value, lanes);
                settle(register);
            }
            case ECMD, VCMD -> {
                state.write(register, value, lanes);
                answer(register, lanes);
            }
            default -> state.write(register, value, lanes);
        }
    }

    private static EventSource source(VtdRegister control) {
        return switch (control) {
            case FECTL -> EventSource.FAULT;
            case IECTL -> EventSource.INVALIDATION;
            default -> EventSource.PAGE_REQUEST;
        };
    }

    private void settle(VtdRegister status) {
        if (status == VtdRegister.ICS && state.get(status) == 0) {
            handlers.events().settle(EventSource.INVALIDATION);
        }
        if (status == VtdRegister.PRS && (state.get(status) & (Prs.PPR.mask() | Prs.PRO.mask())) == 0) {
            handlers.events().settle(EventSource.PAGE_REQUEST);
        }
    }

    /** ECCAP_REG and VCCAP_REG say that there is no command; the dword with the command's code starts it. */
    private void answer(VtdRegister command, long lanes) {
        if ((lanes & 1) != 0) {
            state.set(command == VtdRegister.ECMD ? VtdRegister.ECRSP : VtdRegister.VCRSP, NO_SUCH_COMMAND);
        }
    }

    private @Nullable VtdRegister target(long offset, int width) {
        boolean aligned = width == 4 && Log2.isAligned(offset, 2) || width == 8 && Log2.isAligned(offset, 3);
        if (!aligned || offset < 0 || offset >= size()) {
            return null;
        }
        VtdRegister register = words[(int) (offset / 4)];
        return register != null && width == 8 && register.width() == 4 ? null : register;
    }

    private int record(long offset) {
        return (int) Math.max(0, offset - capabilities.faultRecordOffset()) / FaultRecord.BYTES % records;
    }

    /** Where a 32-bit access reaches into a register: all 64-bit registers stand at multiples of 8. */
    private static int shift(VtdRegister register, long offset) {
        return register.width() == 8 ? (int) (offset & 4) * 8 : 0;
    }
}
