package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.core.pagetable.InputHalf;
import io.github.iommu4j.testkit.conformance.TableRig.Pages;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Places in the address spaces of a table under test. Immutable. */
final class TableSpace {

    private static final int LARGEST_LG2 = 62;

    private final long firstIova;
    private final int inputBits;
    private final int outputBits;
    private final boolean upperHalf;

    TableSpace(TableRig rig) {
        firstIova = rig.shape.firstIova();
        inputBits = rig.format.inputBits();
        outputBits = rig.format.outputBits();
        upperHalf = rig.format.inputHalf() == InputHalf.HIGH;
    }

    private static long slots(int bits, long page) {
        return Math.max(1, (1L << Math.min(bits, LARGEST_LG2)) / page);
    }

    /** How many pages of a size the input space has. */
    long slots(long page) {
        return slots(inputBits, page);
    }

    /** How many pages of a size the output space has. */
    long outputSlots(long page) {
        return slots(outputBits, page);
    }

    /** The n-th page of a size. */
    long iova(long page, long index) {
        return firstIova + index * page;
    }

    /** Somewhere to map a run to, different for different pages where there is room for that. */
    long pa(long page, long index, long count) {
        long room = Math.max(1, outputSlots(page) - count);
        return Math.floorMod(index * 0x9E37_79B1L + 1, room) * page;
    }

    long highestPa(long page) {
        return (outputSlots(page) - 1) * page;
    }

    /** First, last and middle pages of a size. */
    List<Long> places(long page) {
        long last = slots(page) - 1;
        return List.copyOf(new TreeSet<>(List.of(0L, last / 2, last)));
    }

    /** Addresses in and beside a run, within the input space. */
    List<Long> around(Pages pages) {
        List<Long> around = new ArrayList<>();
        long middle = pages.count() / 2 * pages.page();
        for (long offset : new long[] {0, pages.page() - 1, middle, pages.size() - 1, -1, pages.size()}) {
            if (isInput(pages.iova() + offset)) {
                around.add(pages.iova() + offset);
            }
        }
        return around;
    }

    private boolean isInput(long iova) {
        return inputBits == Long.SIZE || (upperHalf ? ~iova : iova) >>> inputBits == 0;
    }

    /** Addresses that differ from the first ones only in bits above the input space. */
    List<Long> beside() {
        List<Long> beside = new ArrayList<>();
        for (int bit = inputBits; bit < Long.SIZE; bit++) {
            beside.add(firstIova ^ 1L << bit);
        }
        return beside;
    }

    /** Such addresses, aligned to a page. */
    List<Long> besideAligned(long page) {
        return beside().stream().filter(iova -> (iova & page - 1) == 0).toList();
    }

    /** Output addresses that do not fit, aligned to a page. */
    List<Long> beyondOutput(long page) {
        List<Long> beyond = new ArrayList<>();
        for (int bit = outputBits; bit < Long.SIZE; bit++) {
            if ((1L << bit & page - 1) == 0) {
                beyond.add(1L << bit);
            }
        }
        return beyond;
    }
}
