package io.github.iommu4j.smmuv3.hardware;

import static io.github.iommu4j.smmuv3.layout.ContextDescriptor.*;

import io.github.iommu4j.smmuv3.layout.ContextDescriptor;

/** The two halves of a stage-1 address space, decoded from a legal CD (IHI 0070 §5.4, §3.4.1). */
final class StageOneTables {

    /** APTable, UXNTable and PXNTable. */
    private static final int TWO_PRIVILEGES = 0b1111;
    /** APTable[1] and XNTable: with one privilege there is no APTable[0] and no PXNTable. */
    private static final int ONE_PRIVILEGE = 0b1010;

    private static final int UNPRIVILEGED = 1;

    private StageOneTables() {}

    static AddressHalf lower(Stream stream, ContextDescriptor cd, Smmuv3Capabilities has) {
        long dw0 = cd.dw0();
        if (!CdRule.isLowerUsed(dw0, stream)) {
            return AddressHalf.CLOSED;
        }
        int granule = new Granules(has).ofTg0(TG0.getInt(dw0));
        TableFormat table = table(stream, dw0, granule, T0SZ.getInt(dw0), has)
                .base(TTB.inPlace(cd.dw1()))
                .build();
        return AddressHalf.lower(
                table, TBI0.isSet(dw0), closedTo(stream, cd.dw1(), has), hierarchy(stream, cd.dw1(), has));
    }

    static AddressHalf upper(Stream stream, ContextDescriptor cd, Smmuv3Capabilities has) {
        long dw0 = cd.dw0();
        if (!CdRule.isUpperUsed(dw0, stream)) {
            return AddressHalf.CLOSED;
        }
        int granule = new Granules(has).ofTg1(TG1.getInt(dw0));
        TableFormat table = table(stream, dw0, granule, T1SZ.getInt(dw0), has)
                .base(TTB.inPlace(cd.dw2()))
                .build();
        return AddressHalf.upper(
                table, TBI1.isSet(dw0), closedTo(stream, cd.dw2(), has), hierarchy(stream, cd.dw2(), has));
    }

    private static TableFormat.Builder table(Stream stream, long dw0, int granule, int txsz, Smmuv3Capabilities has) {
        boolean two = stream.world().hasTwoPrivileges();
        int inputBits = 64 - txsz;
        return new TableFormat.Builder(granule, inputBits, Granules.stage1StartLevel(inputBits, granule))
                .output(new Granules(has).addressBits(IPS.getInt(dw0)), has.oasBits())
                .endianness(ENDI.isSet(dw0))
                .accessFlag(AFFD.isSet(dw0))
                .stage1Update(HA.isSet(dw0), HD.isSet(dw0))
                .permissions(Permissions.stage1(two, WXN.isSet(dw0), two && PAN.isSet(dw0)));
    }

    private static int closedTo(Stream stream, long word, Smmuv3Capabilities has) {
        return has.e0pd() && stream.world().hasTwoPrivileges() && E0PD.isSet(word) ? UNPRIVILEGED : 0;
    }

    private static int hierarchy(Stream stream, long word, Smmuv3Capabilities has) {
        if (has.had() && HAD.isSet(word)) {
            return 0;
        }
        return stream.world().hasTwoPrivileges() ? TWO_PRIVILEGES : ONE_PRIVILEGE;
    }
}
