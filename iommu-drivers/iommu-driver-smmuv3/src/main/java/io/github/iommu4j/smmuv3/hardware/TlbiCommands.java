package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.smmuv3.hardware.TlbInvalidation.Scope;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandError;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;

/** CMD_TLBI_*: which are legal, and what each names (IHI 0070 §4.4). */
final class TlbiCommands {

    /** What has to be there for a command to be legal. */
    private enum Needs {
        NOTHING,
        ANOTHER_QUEUE,
        STAGE1,
        STAGE2,
        EL2
    }

    /** What an invalidation compares besides its scope. */
    private enum Compares {
        NOTHING(false, false, false),
        VMID(true, false, false),
        ASID(false, true, false),
        VMID_ASID(true, true, false),
        ADDRESS(false, false, true),
        ASID_ADDRESS(false, true, true),
        VMID_ADDRESS(true, false, true),
        VMID_ASID_ADDRESS(true, true, true);

        private final boolean vmid;
        private final boolean asid;
        private final boolean address;

        Compares(boolean vmid, boolean asid, boolean address) {
            this.vmid = vmid;
            this.asid = asid;
            this.address = address;
        }
    }

    private record Shape(Needs needs, Scope scope, Compares compares) {}

    private static final int TG_16K = 2;
    private static final int BYTE_WIDE = 0xFF;

    private final Smmuv3Capabilities capabilities;
    private final Invalidation invalidation;

    TlbiCommands(Smmuv3Capabilities capabilities, Invalidation invalidation) {
        this.capabilities = capabilities;
        this.invalidation = invalidation;
    }

    /** Executes any command whose opcode is a TLBI; those of other queues are illegal. */
    CommandError execute(CommandOpcode opcode, Command command, CommandContext context) {
        Shape shape = shapeOf(opcode, context.el2HostExtensions());
        if (!isPresent(shape.needs()) || shape.compares().address && isEmptyRange(command)) {
            return CommandError.CERROR_ILL;
        }
        if (namesOnlyTagsThatExist(shape.compares(), command)) {
            invalidation.tlb(decode(shape, command, context));
        }
        return CommandError.CERROR_NONE;
    }

    private static Shape shapeOf(CommandOpcode opcode, boolean e2h) {
        return switch (opcode) {
            case TLBI_NH_ALL -> new Shape(Needs.STAGE1, Scope.NH_ALL, Compares.VMID);
            case TLBI_NH_ASID -> new Shape(Needs.STAGE1, Scope.NH_ASID, Compares.VMID_ASID);
            case TLBI_NH_VA -> new Shape(Needs.STAGE1, Scope.NH_VA, Compares.VMID_ASID_ADDRESS);
            case TLBI_NH_VAA -> new Shape(Needs.STAGE1, Scope.NH_VAA, Compares.VMID_ADDRESS);
            case TLBI_EL2_ALL -> new Shape(Needs.EL2, Scope.EL2_ALL, Compares.NOTHING);
            case TLBI_EL2_ASID -> new Shape(Needs.EL2, Scope.EL2_ASID, Compares.ASID);
            case TLBI_EL2_VA ->
                e2h
                        ? new Shape(Needs.EL2, Scope.EL2_E2H_VA, Compares.ASID_ADDRESS)
                        : new Shape(Needs.EL2, Scope.EL2_VA, Compares.ADDRESS);
            case TLBI_EL2_VAA -> new Shape(Needs.EL2, e2h ? Scope.EL2_E2H_VAA : Scope.EL2_VA, Compares.ADDRESS);
            case TLBI_S12_VMALL -> new Shape(Needs.STAGE2, Scope.S12_VMALL, Compares.VMID);
            case TLBI_S2_IPA -> new Shape(Needs.STAGE2, Scope.S2_IPA, Compares.VMID_ADDRESS);
            case TLBI_NSNH_ALL -> new Shape(Needs.NOTHING, Scope.NSNH_ALL, Compares.NOTHING);
            default -> new Shape(Needs.ANOTHER_QUEUE, Scope.NSNH_ALL, Compares.NOTHING);
        };
    }

    private boolean isPresent(Needs needs) {
        return switch (needs) {
            case NOTHING -> true;
            case ANOTHER_QUEUE -> false;
            case STAGE1 -> capabilities.s1p();
            case STAGE2 -> capabilities.s2p();
            case EL2 -> capabilities.hyp();
        };
    }

    /** A granule is named, and neither a range nor a level with it (§4.4.1.1). */
    private boolean isEmptyRange(Command command) {
        return granuleLg2(command) != 0 && command.num() == 0 && command.scale() == 0 && level(command) == 0;
    }

    /** With 8-bit tags no entry can have the tag that a command with more bits names. */
    private boolean namesOnlyTagsThatExist(Compares compares, Command command) {
        boolean vmidExists =
                !compares.vmid || !capabilities.s2p() || capabilities.vmid16() || command.vmid() <= BYTE_WIDE;
        boolean asidExists = !compares.asid || capabilities.asid16() || command.asid() <= BYTE_WIDE;
        return vmidExists && asidExists;
    }

    private TlbInvalidation decode(Shape shape, Command command, CommandContext context) {
        Compares compares = shape.compares();
        int vmidMask = compares.vmid && capabilities.s2p() ? context.vmidMask() : 0;
        int granuleLg2 = compares.address ? granuleLg2(command) : 0;
        long first = 0;
        long last = -1L;
        if (compares.address) {
            first = shape.scope() == Scope.S2_IPA ? command.ipa() : command.address();
            first = Log2.alignDown(first, granuleLg2);
            last = last(first, granuleLg2, command);
        }
        return new TlbInvalidation(
                shape.scope(),
                command.vmid() & vmidMask,
                vmidMask,
                compares.asid ? command.asid() : 0,
                first,
                last,
                granuleLg2,
                granuleLg2 == 0 ? 0 : level(command),
                compares.address && command.leaf());
    }

    /** The last address of a range, which does not wrap past the top. */
    private static long last(long first, int granuleLg2, Command command) {
        if (granuleLg2 == 0) {
            return first | 0xFFF;
        }
        long bytes = (command.num() + 1L) << command.scale() + granuleLg2;
        long last = first + bytes - 1;
        return Long.compareUnsigned(last, first) < 0 ? -1L : last;
    }

    /** 0 when no granule is named; TG means nothing without range invalidation. */
    private int granuleLg2(Command command) {
        return command.tg() == 0 || !capabilities.ril() ? 0 : 10 + 2 * command.tg();
    }

    /** There are no level 1 leaves with 16 KiB granules: the hint acts as none. */
    private static int level(Command command) {
        return command.tg() == TG_16K && command.ttl() == 1 ? 0 : command.ttl();
    }
}
