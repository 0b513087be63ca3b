package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.armshort.layout.MasterId;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which way each port of an M4U's larbs goes, by the number {@link MasterId} gives it. Written by the larbs' registers,
 * read once for each access. Thread-safe.
 */
final class PortRoutes {

    /** There is no such port. */
    static final int ABSENT = 0;
    /** The port goes past the M4U. */
    static final int PAST = 1;

    private static final int THROUGH = 2;
    private static final int BANK_SHIFT = 2;
    private static final int MASTERS = 1 << 10;
    private static final VarHandle ROUTE = MethodHandles.arrayElementVarHandle(int[].class);

    private final int[] routes = new int[MASTERS];

    /** A port that goes through the M4U, with bits 33:32 of its addresses. */
    static int through(int bank) {
        return THROUGH | bank << BANK_SHIFT;
    }

    static boolean isThrough(int route) {
        return (route & THROUGH) != 0;
    }

    /** What is added to the addresses of a port that goes through. */
    static long bank(int route) {
        return (long) (route >>> BANK_SHIFT) << 32;
    }

    void set(int master, int route) {
        ROUTE.setRelease(routes, master, route);
    }

    /** The route of any stream id. */
    int get(int streamId) {
        return streamId >= 0 && streamId < MASTERS ? (int) ROUTE.getAcquire(routes, streamId) : ABSENT;
    }
}
