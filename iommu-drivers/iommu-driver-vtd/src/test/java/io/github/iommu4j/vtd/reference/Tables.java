package io.github.iommu4j.vtd.reference;

import org.jspecify.annotations.Nullable;

/** Both stages, one level after the other, with plain arithmetic (Intel VT-d §3.6-3.8, §9.7, §9.8). */
final class Tables {

    static final int R = 1;
    static final int W = 2;
    static final int X = 4;

    /**
     * A page.
     *
     * @param base its address
     * @param bits log2 of its size
     * @param rights R, W, X
     * @param clean D must be set before a write
     */
    record Page(long base, int bits, int rights, boolean clean) {
        long at(long input) {
            return base + Math.floorMod(input, 1L << bits);
        }
    }

    /** What a second-stage walk is for: its codes. */
    enum Purpose {
        LEGACY(0x04, 0x03, 0x07, 0x0C, 0, 0x05, 0x06, 0x06),
        ACCESS(0x84, 0x7B, 0x78, 0x7A, 0x79, 0x85, 0x86, 0x82),
        TOP_TABLE(0x74, 0x7B, 0x78, 0x7A, 0x79, 0x77, 0x75, 0),
        TABLE(0x74, 0x7B, 0x78, 0x7A, 0x79, 0x77, 0x76, 0);

        final int width;
        final int top;
        final int fetch;
        final int reserved;
        final int nothing;
        final int write;
        final int read;
        final int execute;

        Purpose(int width, int top, int fetch, int reserved, int nothing, int write, int read, int execute) {
            this.width = width;
            this.top = top;
            this.fetch = fetch;
            this.reserved = reserved;
            this.nothing = nothing;
            this.write = write;
            this.read = read;
            this.execute = execute;
        }
    }

    /** A second stage. */
    record Second(long root, int width, boolean executes, boolean updates, boolean snooped) {}

    /** A first stage. */
    record First(long root, int levels, long flags, boolean snooped) {
        boolean writeProtect() {
            return (flags & 0x10) != 0;
        }

        boolean noExecute() {
            return (flags & 0x20) != 0;
        }

        boolean smep() {
            return (flags & 0x40) != 0;
        }

        boolean extendedAccessed() {
            return (flags & 0x80) != 0;
        }
    }

    private final Bus bus;
    private final Chip chip;

    Tables(Bus bus, Chip chip) {
        this.bus = bus;
        this.chip = chip;
    }

    Page second(Second stage, long input, int need, Purpose purpose) {
        int bits = Math.min(chip.guestBits(), 30 + 9 * stage.width());
        if (input < 0 || input >= 1L << bits) {
            throw new Stop(purpose.width);
        }
        int rights = R | W | (stage.executes() ? X : 0);
        long table = stage.root();
        int top = stage.width() + 2;
        for (int level = top; ; level--) {
            int low = 12 + 9 * (level - 1);
            long where = table + input / (1L << low) % 512 * 8;
            long entry = bus.read(where, level == top ? purpose.top : purpose.fetch);
            int granted = (int) (entry & (stage.executes() ? 7 : 3));
            checkRights(granted, need, stage.executes(), purpose);
            boolean leaf = level == 1 || (entry & 0x80) != 0;
            checkSecondReserved(entry, level, leaf, purpose);
            if (stage.updates()) {
                long wanted = leaf && (need & W) != 0 ? 0x300 : 0x100;
                if ((entry & wanted) != wanted) {
                    if (!stage.snooped()) {
                        throw new Stop(0x7C);
                    }
                    bus.set(where, wanted);
                    entry |= wanted;
                }
            }
            rights &= granted;
            long address = entry & 0xF_FFFF_FFFF_F000L & ~chip.beyondHost();
            if (leaf) {
                boolean clean = stage.updates() && (entry & 0x200) == 0 && (rights & W) != 0;
                int all = stage.executes() ? rights : rights | ((rights & R) != 0 ? X : 0);
                return new Page(address, low, all, clean);
            }
            table = address;
        }
    }

    private static void checkRights(int granted, int need, boolean executes, Purpose purpose) {
        if (granted == 0 && purpose.nothing != 0) {
            throw new Stop(purpose.nothing);
        }
        if ((need & W) != 0 && (granted & W) == 0) {
            throw new Stop(purpose.write);
        }
        if ((need & R) != 0 && (granted & R) == 0 || granted == 0) {
            throw new Stop(purpose.read);
        }
        if (executes && (need & X) != 0 && (granted & X) == 0) {
            throw new Stop(purpose.execute);
        }
    }

    private void checkSecondReserved(long entry, int level, boolean leaf, Purpose purpose) {
        boolean bad = (entry & 1L << 62) != 0
                || (entry & 0xF_FFFF_FFFF_FFFFL & chip.beyondHost()) != 0
                || (entry & 0x800) != 0 && !(leaf && chip.ecap(7))
                || level >= 4 && (entry & 0x80) != 0
                || level > 1 && leaf && !chip.hasSecondStagePages(level)
                || level == 2 && leaf && (entry & 0x1F_F000) != 0
                || level == 3 && leaf && (entry & 0x3FFF_F000) != 0;
        if (bad) {
            throw new Stop(purpose.reserved);
        }
    }

    Page first(First stage, @Nullable Second beneath, long input, int need, boolean supervisor) {
        int top = stage.levels();
        long sign = input >> 12 + 9 * top - 1;
        if (sign != 0 && sign != -1) {
            throw new Stop(0x80);
        }
        boolean writable = true;
        boolean user = true;
        boolean executable = true;
        long table = stage.root();
        for (int level = top; ; level--) {
            int low = 12 + 9 * (level - 1);
            long where = table + (input >>> low) % 512 * 8;
            long host = where;
            @Nullable Page of = null;
            if (beneath != null) {
                of = second(beneath, where, R, level == top ? Purpose.TOP_TABLE : Purpose.TABLE);
                host = of.at(where);
            }
            long entry = bus.read(host, level == top ? 0x73 : 0x70);
            boolean leaf = level == 1 || (entry & 0x80) != 0;
            writable &= (entry & 2) != 0;
            user &= (entry & 4) != 0;
            executable &= (entry & 1L << 63) == 0;
            checkFirst(stage, entry, need, supervisor);
            if (leaf && supervisor && (need & X) != 0 && stage.smep() && user) {
                throw new Stop(0x82);
            }
            checkFirstReserved(stage, entry, level, leaf);
            long wanted = 0x20 | (stage.extendedAccessed() ? 0x400 : 0) | (leaf && (need & W) != 0 ? 0x40 : 0);
            if ((entry & wanted) != wanted) {
                if (!stage.snooped()) {
                    throw new Stop(0x90);
                }
                if (beneath != null && of != null && ((of.rights() & W) == 0 || of.clean())) {
                    second(beneath, where, R | W, Purpose.TABLE);
                }
                bus.set(host, wanted);
                entry |= wanted;
            }
            long address = entry & 0xF_FFFF_FFFF_F000L & ~chip.beyondHost();
            if (leaf) {
                boolean writes = writable || supervisor && !stage.writeProtect();
                boolean executes = (executable || !stage.noExecute()) && !(supervisor && stage.smep() && user);
                int rights = R | (writes ? W : 0) | (executes ? X : 0);
                return new Page(address >> low << low, low, rights, writes && (entry & 0x40) == 0);
            }
            table = address;
        }
    }

    private static void checkFirst(First stage, long entry, int need, boolean supervisor) {
        if ((entry & 1) == 0) {
            throw new Stop(0x71);
        }
        if (!supervisor && (entry & 4) == 0) {
            throw new Stop(0x81);
        }
        if ((need & W) != 0 && (entry & 2) == 0 && !(supervisor && !stage.writeProtect())) {
            throw new Stop(0x85);
        }
        if ((need & X) != 0 && stage.noExecute() && entry < 0) {
            throw new Stop(0x82);
        }
    }

    private void checkFirstReserved(First stage, long entry, int level, boolean leaf) {
        boolean bad = entry < 0 && !stage.noExecute()
                || (entry & 0xF_FFFF_FFFF_FFFFL & chip.beyondHost()) != 0
                || level >= 4 && (entry & 0x80) != 0
                || level == 3 && leaf && !chip.cap(56)
                || level == 2 && leaf && (entry & 0x1F_E000) != 0
                || level == 3 && leaf && (entry & 0x3FFF_E000) != 0;
        if (bad) {
            throw new Stop(0x72);
        }
    }
}
