package io.github.iommu4j.vtd.reference;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.reference.Tables.First;
import io.github.iommu4j.vtd.reference.Tables.Page;
import io.github.iommu4j.vtd.reference.Tables.Purpose;
import io.github.iommu4j.vtd.reference.Tables.Second;
import java.util.Set;

/** VT-d translation without caches, written from the specification once more and as plainly as possible. */
public final class ReferenceVtd {

    /** Codes that FPD does not silence. */
    private static final Set<Integer> ALWAYS =
            Set.of(0x01, 0x08, 0x09, 0x0A, 0x30, 0x31, 0x32, 0x38, 0x39, 0x3A, 0x40, 0x50, 0x58);
    /** Codes after which a device may ask for the page. */
    private static final Set<Integer> MENDABLE =
            Set.of(0x04, 0x05, 0x06, 0x71, 0x79, 0x80, 0x81, 0x82, 0x84, 0x85, 0x86);

    private final PhysicalMemory memory;
    private final Chip chip;

    /** What one request needs while it is looked at. */
    private static final class Attempt {
        final Bus bus;
        final Tables tables;
        final DmaRequest request;
        boolean fpd;
        int need;
        boolean supervisor;

        Attempt(PhysicalMemory memory, Chip chip, DmaRequest request) {
            bus = new Bus(memory);
            tables = new Tables(bus, chip);
            this.request = request;
        }
    }

    /** Where an address leads. */
    private interface Walk {
        Page to(int need);
    }

    public ReferenceVtd(PhysicalMemory memory, Chip chip) {
        this.memory = memory;
        this.chip = chip;
    }

    /** The verdict on a request of a unit that translates; {@code rtaddr} is what was latched. */
    public Verdict translate(long rtaddr, DmaRequest request) {
        Attempt attempt = new Attempt(memory, chip, request);
        try {
            Page page = request(attempt, rtaddr);
            return new Verdict(-1, false, page.at(request.iova()), page.bits(), page.rights(), attempt.bus.updates);
        } catch (Stop stop) {
            boolean recorded = stop.code != 0 && (ALWAYS.contains(stop.code) || !attempt.fpd);
            return new Verdict(stop.code, recorded, 0, 0, 0, attempt.bus.updates);
        }
    }

    private Page request(Attempt attempt, long rtaddr) {
        DmaRequest request = attempt.request;
        boolean tagged = request.hasSubstream();
        boolean ordinary = request.addressType() == AddressType.UNTRANSLATED;
        if (request.streamId() < 0 || request.streamId() > 0xFFFF) {
            throw new Stop(0);
        }
        attempt.need = switch (request.access()) {
            case READ -> Tables.R;
            case WRITE -> Tables.W;
            case READ_WRITE -> Tables.R | Tables.W;
            case EXECUTE -> tagged ? Tables.R | Tables.X : Tables.R;
        };
        if (ordinary && isInterrupt(request.iova()) && !tagged) {
            if (request.access() != Access.WRITE) {
                throw new Stop(0);
            }
            return page(request.iova(), Tables.W);
        }
        int mode = (int) (rtaddr >> 10 & 3);
        if (mode == 3 && chip.ecap(52)) {
            throw new Stop(0);
        }
        if (ordinary && isInterrupt(request.iova())) {
            throw new Stop(0x87);
        }
        if (mode == 0) {
            return legacy(attempt, rtaddr & -4096);
        }
        if (mode == 1 && chip.ecap(43)) {
            return scalable(attempt, rtaddr & -4096);
        }
        throw new Stop(0x30);
    }

    private Page legacy(Attempt attempt, long rootTable) {
        DmaRequest request = attempt.request;
        AddressType type = request.addressType();
        if (request.hasSubstream() && type != AddressType.TRANSLATED) {
            throw new Stop(0x31);
        }
        int sid = request.streamId();
        long[] root = attempt.bus.read(rootTable + sid / 256 * 16L, 2, 0x08);
        stopIf((root[0] & 1) == 0, 0x01);
        stopIf((root[0] & (0xFFE | chip.beyondHost())) != 0 || root[1] != 0, 0x0A);
        long[] context = attempt.bus.read((root[0] & -4096) + sid % 256 * 16L, 2, 0x09);
        attempt.fpd = (context[0] & 2) != 0;
        stopIf((context[0] & 1) == 0, 0x02);
        int tt = (int) (context[0] >> 2 & 3);
        long did = context[1] >> 8 & 0xFFFF;
        stopIf(
                (context[0] & 0xFF0) != 0
                        || tt != 2 && (context[0] & chip.beyondHost()) != 0
                        || (context[1] & 0x80) != 0
                        || context[1] >>> 24 != 0
                        || !chip.isDomain(did),
                0x0B);
        stopIf(tt == 3 || tt == 1 && !chip.ecap(2) || tt == 2 && !chip.ecap(6), 0x03);
        stopIf(type != AddressType.UNTRANSLATED && tt != 1, 0x0D);
        if (type == AddressType.TRANSLATED) {
            return hostAddress(request.iova(), 0x04, 0x0E);
        }
        if (type == AddressType.TRANSLATION_REQUEST && isInterrupt(request.iova())) {
            return page(request.iova(), Tables.W);
        }
        long width = context[1] & 7;
        stopIf(!chip.hasWidth(width), 0x03);
        if (tt == 2) {
            stopIf(!chip.isLargestWidth(width), 0x04);
            stopIf((request.iova() & chip.beyondHost()) != 0, 0x04);
            return page(request.iova(), 7);
        }
        Second stage = new Second(context[0] & -4096, (int) width, false, false, false);
        Walk walk = need -> outside(attempt.tables.second(stage, request.iova(), need, Purpose.LEGACY), 0x0E);
        return type == AddressType.UNTRANSLATED ? walk.to(attempt.need) : deviceTranslation(attempt, walk);
    }

    private Page scalable(Attempt attempt, long rootTable) {
        DmaRequest request = attempt.request;
        AddressType type = request.addressType();
        int sid = request.streamId();
        int devfn = sid % 256;
        long[] root = attempt.bus.read(rootTable + sid / 256 * 16L, 2, 0x38);
        long half = root[devfn / 128];
        stopIf((half & 1) == 0, 0x39);
        stopIf((half & (0xFFE | chip.beyondHost())) != 0, 0x3A);
        long[] context = attempt.bus.read((half & -4096) + devfn % 128 * 32L, 4, 0x40);
        attempt.fpd = (context[0] & 2) != 0;
        stopIf((context[0] & 1) == 0, 0x41);
        stopIf(
                (context[0] & (0x1E0 | chip.beyondHost())) != 0
                        || (context[0] & 4) != 0 && !chip.ecap(2)
                        || (context[0] & 8) != 0 && !chip.ecap(40)
                        || (context[0] & 16) != 0 && !chip.ecap(29)
                        || context[1] >>> 21 != 0
                        || context[2] != 0
                        || context[3] != 0,
                0x42);
        stopIf(type != AddressType.UNTRANSLATED && (context[0] & 4) == 0, 0x44);
        if (type == AddressType.TRANSLATED) {
            return hostAddress(request.iova(), 0x83, 0x87);
        }
        if (type == AddressType.TRANSLATION_REQUEST && isInterrupt(request.iova())) {
            return page(request.iova(), request.hasSubstream() ? 0 : Tables.W);
        }
        long pasid = pasid(attempt, context);
        long directory = attempt.bus.read((context[0] & -4096) + pasid / 64 * 8, 0x50);
        attempt.fpd |= (directory & 2) != 0;
        stopIf((directory & 1) == 0, 0x51);
        stopIf((directory & (0xFFC | chip.beyondHost())) != 0, 0x52);
        long[] entry = attempt.bus.read((directory & -4096) + pasid % 64 * 64, 8, 0x58);
        attempt.fpd |= (entry[0] & 2) != 0;
        stopIf((entry[0] & 1) == 0, 0x59);
        checkReserved(entry);
        checkValid(entry);
        stopIf((attempt.need & Tables.X) != 0 && (entry[2] & 2) == 0, 0x5C);
        stopIf(attempt.supervisor && (entry[2] & 1) == 0, 0x5D);
        Walk walk = need -> throughStages(attempt, entry, need);
        return type == AddressType.UNTRANSLATED ? walk.to(attempt.need) : deviceTranslation(attempt, walk);
    }

    private long pasid(Attempt attempt, long[] context) {
        DmaRequest request = attempt.request;
        long pasid;
        int tooLarge;
        if (request.hasSubstream()) {
            stopIf((context[0] & 8) == 0, 0x45);
            pasid = request.substreamId();
            tooLarge = 0x46;
            attempt.supervisor = request.privilege() == Privilege.PRIVILEGED;
        } else {
            pasid = chip.ecap(49) ? context[1] & 0xF_FFFF : 0;
            tooLarge = 0x48;
            attempt.supervisor = chip.ecap(53) && (context[1] & 1 << 20) != 0;
        }
        long reach = 1L << 13 + (context[0] >> 9 & 7);
        stopIf(pasid >= reach || chip.ecap(40) && pasid >= 1L << chip.pasidBits(), tooLarge);
        return pasid;
    }

    private void checkReserved(long[] entry) {
        int type = (int) (entry[0] >> 6 & 7);
        boolean bad = (entry[0] & 0xC00) != 0
                || (entry[0] & 0x200) != 0 && !chip.ecap(45)
                || (type == 2 || type == 3) && (entry[0] & chip.beyondHost()) != 0
                || (entry[1] & 0x7F_0000) != 0
                || (entry[1] & 1 << 23) != 0 && !chip.ecap(48)
                || (entry[1] & 1 << 24) != 0 && !chip.ecap(7)
                || !chip.isDomain(entry[1] & 0xFFFF)
                || (entry[2] & 0xF00) != 0
                || (entry[2] & 1) != 0 && !chip.ecap(31)
                || (entry[2] & 2) != 0 && !chip.ecap(30)
                || (entry[2] & 0x80) != 0 && !chip.ecap(34)
                || type == 1 && (entry[2] & chip.beyondHost()) != 0;
        for (int word = 3; word < 8; word++) {
            bad |= entry[word] != 0;
        }
        stopIf(bad, 0x5A);
    }

    private void checkValid(long[] entry) {
        long width = entry[0] >> 2 & 7;
        int mode = (int) (entry[2] >> 2 & 3);
        boolean levels = mode == 0 || mode == 1 && chip.cap(60);
        boolean valid = switch ((int) (entry[0] >> 6 & 7)) {
            case 1 -> chip.ecap(47) && levels;
            case 2 -> chip.ecap(46) && chip.hasWidth(width);
            case 3 -> chip.ecap(26) && levels && chip.hasWidth(width);
            case 4 -> chip.ecap(6) && chip.isLargestWidth(width);
            default -> false;
        };
        stopIf(!valid, 0x5B);
    }

    private Page throughStages(Attempt attempt, long[] entry, int need) {
        long iova = attempt.request.iova();
        int type = (int) (entry[0] >> 6 & 7);
        if (type == 4) {
            stopIf((iova & chip.beyondHost()) != 0, 0x83);
            return page(iova, 7);
        }
        boolean snooped = (entry[1] & 1 << 23) != 0;
        Second second = new Second(
                entry[0] & -4096, (int) (entry[0] >> 2 & 7), (entry[0] & 0x20) != 0, (entry[0] & 0x200) != 0, snooped);
        First first = new First(entry[2] & -4096, 4 + (int) (entry[2] >> 2 & 3), entry[2], snooped);
        if (type == 2) {
            return outside(attempt.tables.second(second, iova, need, Purpose.ACCESS), 0x87);
        }
        Page page = attempt.tables.first(first, type == 3 ? second : null, iova, need, attempt.supervisor);
        if (type == 3) {
            long guest = page.at(iova);
            Page host = attempt.tables.second(second, guest, need, Purpose.ACCESS);
            int bits = Math.min(page.bits(), host.bits());
            long base = host.at(guest) >> bits << bits;
            page = new Page(base, bits, page.rights() & host.rights(), page.clean() || host.clean());
        }
        return outside(page, 0x87);
    }

    private Page deviceTranslation(Attempt attempt, Walk walk) {
        boolean writes = (attempt.need & Tables.W) != 0;
        try {
            Page page = walk.to(0);
            int rights = page.rights();
            if ((rights & Tables.W) != 0 && page.clean()) {
                if (writes || !chip.ecap(33)) {
                    rights = walk.to(Tables.W).rights();
                } else {
                    rights &= ~Tables.W;
                }
            }
            if ((attempt.need & Tables.X) == 0) {
                rights &= ~Tables.X;
            }
            return new Page(page.base(), page.bits(), rights, false);
        } catch (Stop stop) {
            if (MENDABLE.contains(stop.code)) {
                return new Page(0, 12, 0, false);
            }
            throw stop;
        }
    }

    private Page hostAddress(long address, int beyond, int interrupt) {
        stopIf((address & chip.beyondHost()) != 0, beyond);
        stopIf(isInterrupt(address), interrupt);
        return page(address, 7);
    }

    private static Page page(long address, int rights) {
        return new Page(address & -4096 & 0xF_FFFF_FFFF_FFFFL, 12, rights, false);
    }

    private static Page outside(Page page, int code) {
        stopIf(page.base() < 0xFEF0_0000L && page.base() + (1L << page.bits()) > 0xFEE0_0000L, code);
        return page;
    }

    private static boolean isInterrupt(long address) {
        return address >= 0xFEE0_0000L && address < 0xFEF0_0000L;
    }

    private static void stopIf(boolean condition, int code) {
        if (condition) {
            throw new Stop(code);
        }
    }
}
