package io.github.iommu4j.tipat.hardware;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * What the facts say of translation, written without bit tricks: pages are found by division, addresses are put together
 * with unbounded numbers, and windows are followed by recursion. Knows a PAT only through its registers and table.
 */
final class NaiveInterconnect {

    private static final int[] PAGE_SIZES = {4096, 16384, 65536, 1 << 20};
    private static final BigInteger FOUR_KIB = BigInteger.valueOf(4096);

    private final List<Pat> pats;
    private final int hopLimit;

    NaiveInterconnect(List<Pat> pats, int hopLimit) {
        this.pats = pats;
        this.hopLimit = hopLimit;
    }

    /** Where an address comes out; empty when something answers with an error. */
    Optional<Long> follow(long address) {
        return follow(address, 0);
    }

    private Optional<Long> follow(long address, int hops) {
        if (address < 0 || address >= 1L << 48) {
            return Optional.empty();
        }
        for (Pat pat : pats) {
            if (address >= pat.window().base() && address <= pat.window().last()) {
                return hops == hopLimit ? Optional.empty() : once(pat, address).flatMap(next -> follow(next, hops + 1));
            }
        }
        return Optional.of(address);
    }

    private static Optional<Long> once(Pat pat, long address) {
        long control = pat.registers().read(0x10, 4);
        long pageSize = PAGE_SIZES[(int) (control / 16 % 4)];
        long page = (address - pat.window().base()) / pageSize;
        if (control % 2 == 0 || page >= pat.registers().read(0x04, 4)) {
            return Optional.empty();
        }
        long at = page / 256 * 0x1000 + page % 256 * 8;
        long high = pat.table().read(at + 4, 4);
        if (high < 0x8000_0000L) {
            return Optional.empty();
        }
        BigInteger base = BigInteger.valueOf(high % 16)
                .multiply(BigInteger.ONE.shiftLeft(32))
                .add(BigInteger.valueOf(pat.table().read(at, 4)))
                .multiply(FOUR_KIB);
        BigInteger size = BigInteger.valueOf(pageSize);
        BigInteger pageStart = base.divide(size).multiply(size);
        return Optional.of(pageStart
                .add(BigInteger.valueOf((address - pat.window().base()) % pageSize))
                .longValueExact());
    }
}
