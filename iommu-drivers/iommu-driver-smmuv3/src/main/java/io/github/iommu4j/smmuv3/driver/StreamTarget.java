package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.smmuv3.driver.StreamEntries.DefaultSubstream;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where a stream's requests without SubstreamID go. Immutable. */
sealed interface StreamTarget {

    /**
     * The stream table entry.
     *
     * @param master whose stream it is; its PASIDs count
     * @param traits the master's, with {@link StreamTrait#ATS} when it is let cache translations
     */
    StreamTableEntry entry(Master master, Set<StreamTrait> traits);

    /** The domain they go through, or {@code null}. */
    default @Nullable SmmuDomain domain() {
        return null;
    }

    /** Whether PASIDs of the same stream can go elsewhere. */
    default boolean allowsPasids() {
        return true;
    }

    /** Whether the device gains from caching translations, if it can. */
    boolean usesAts(Master master);

    /** Nowhere, or through as they are. */
    enum Fixed implements StreamTarget {
        /** All are aborted. */
        BLOCKED,
        /** All pass. */
        IDENTITY;

        @Override
        public StreamTableEntry entry(Master master, Set<StreamTrait> traits) {
            StreamEntries entries = master.unit().entries();
            if (!master.pasids().isEmpty()) {
                return entries.stage1(
                        master.contexts(),
                        this == BLOCKED ? DefaultSubstream.TERMINATE : DefaultSubstream.BYPASS,
                        traits);
            }
            return this == BLOCKED ? entries.abort() : entries.bypass(traits);
        }

        @Override
        public boolean usesAts(Master master) {
            return !master.pasids().isEmpty();
        }
    }

    /** Through a domain of stage 1. */
    record Stage1(SmmuDomain domain) implements StreamTarget {
        @Override
        public StreamTableEntry entry(Master master, Set<StreamTrait> traits) {
            return master.unit().entries().stage1(master.contexts(), DefaultSubstream.SUBSTREAM_0, traits);
        }

        @Override
        public boolean usesAts(Master master) {
            return true;
        }
    }

    /** Through a domain of stage 2. */
    record Stage2(SmmuDomain domain) implements StreamTarget {
        @Override
        public StreamTableEntry entry(Master master, Set<StreamTrait> traits) {
            return domain.stage2Entry(traits);
        }

        @Override
        public boolean allowsPasids() {
            return false;
        }

        @Override
        public boolean usesAts(Master master) {
            return true;
        }
    }

    /**
     * Through what a user's stream table entry says, over a domain of stage 2.
     *
     * @param domain the stage 2
     * @param word0 the user's word 0, checked
     * @param word1 the user's word 1, checked
     */
    record Nested(SmmuDomain domain, long word0, long word1) implements StreamTarget {
        @Override
        public StreamTableEntry entry(Master master, Set<StreamTrait> traits) {
            StreamTableEntry stage2 = domain.stage2Entry(traits);
            return switch (StreamTableEntry.CONFIG.getInt(word0)) {
                case StreamTableEntry.CONFIG_STAGE1 ->
                    master.unit().entries().nested(word0, word1 & ~StreamTableEntry.EATS.mask(), stage2);
                case StreamTableEntry.CONFIG_BYPASS -> stage2;
                default -> master.unit().entries().abort();
            };
        }

        @Override
        public boolean allowsPasids() {
            return false;
        }

        @Override
        public boolean usesAts(Master master) {
            return StreamTableEntry.EATS.get(word1) == 1
                    && StreamTableEntry.CONFIG.getInt(word0) == StreamTableEntry.CONFIG_STAGE1;
        }
    }
}
