package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.TranslationUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The page request groups of a device that are not answered yet (PCIe PRI). Thread-safe: its monitor guards it, and nothing is
 * called from under it.
 */
final class PageRequestGroups {

    private static final int INDEXES = 512;

    private static final class Group {
        private final int substreamId;
        private PrgResponse.@Nullable Code answer;

        private Group(int substreamId) {
            this.substreamId = substreamId;
        }
    }

    private final Map<Integer, Group> groups = new HashMap<>();
    private final List<PrgResponse> unexpected = new ArrayList<>();
    private boolean enabled;
    private int next;
    private long asked;
    private long answered;

    synchronized void enable(boolean on) {
        enabled = on;
    }

    synchronized boolean isEnabled() {
        return enabled;
    }

    /** Opens a group; -1 when all indexes are taken. */
    synchronized int open(int substreamId) {
        for (int i = 0; i < INDEXES; i++) {
            int index = (next + i) % INDEXES;
            if (!groups.containsKey(index)) {
                groups.put(index, new Group(substreamId));
                next = (index + 1) % INDEXES;
                asked++;
                return index;
            }
        }
        return -1;
    }

    /** Whether all indexes are taken. */
    synchronized boolean isFull() {
        return groups.size() == INDEXES;
    }

    synchronized boolean isAnswered(int index) {
        Group group = groups.get(index);
        return group == null || group.answer != null;
    }

    /** Takes the answer of a group, which closes it; {@code null} when there is none yet. */
    synchronized PrgResponse.@Nullable Code take(int index) {
        Group group = groups.get(index);
        if (group == null || group.answer == null) {
            return null;
        }
        groups.remove(index);
        return group.answer;
    }

    synchronized void respond(PrgResponse response) {
        Group group = groups.get(response.prgIndex());
        if (group == null || group.answer != null || !isFor(group, response)) {
            unexpected.add(response);
            return;
        }
        group.answer = response.code();
        answered++;
        if (response.code() == PrgResponse.Code.FAILURE) {
            enabled = false;
        }
    }

    /** Whether an answer has the PASID of a group, or none, as automatic answers may. */
    private static boolean isFor(Group group, PrgResponse response) {
        return response.substreamId() == TranslationUnit.NO_SUBSTREAM || response.substreamId() == group.substreamId;
    }

    synchronized List<PrgResponse> unexpected() {
        return List.copyOf(unexpected);
    }

    synchronized long asked() {
        return asked;
    }

    synchronized long answered() {
        return answered;
    }
}
