package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.tipat.layout.PatPageSize;
import io.github.iommu4j.tipat.layout.PatRegister;

/** Programs a PAT as its reference manual says, with numbers written out. */
final class Rig {

    static final PatWindow WINDOW = new PatWindow(0x48_0000_0000L, 0x4000_0000L);
    static final long BASE = WINDOW.base();

    private Rig() {}

    static Pat pat(int pages) {
        return Pat.builder(WINDOW).pages(pages).build();
    }

    static Pat enabled(int pages, PatPageSize size) {
        Pat pat = pat(pages);
        control(pat, size.code() << 4 | 1);
        return pat;
    }

    static void control(Pat pat, int value) {
        write(pat, PatRegister.CONTROL, value);
    }

    static void write(Pat pat, PatRegister register, long value) {
        pat.registers().write(register.offset(), 4, value);
    }

    static long read(Pat pat, PatRegister register) {
        return pat.registers().read(register.offset(), 4);
    }

    static long offsetOf(long page) {
        return page / 256 * 0x1000 + page % 256 * 8;
    }

    /** Clears ENABLE, writes the low word, then the high word with ENABLE. */
    static void map(Pat pat, long page, long target) {
        unmap(pat, page);
        pat.table().write(offsetOf(page), 4, target >>> 12);
        pat.table().write(offsetOf(page) + 4, 4, 0x8000_0000L | target >>> 44);
    }

    static void unmap(Pat pat, long page) {
        pat.table().write(offsetOf(page) + 4, 4, 0);
    }
}
