package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.IovaRange;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The part of a device tree that the drivers of an M4U read: commons, larbs, M4Us, and where devices' DMA may go. */
public final class MultimediaTree {

    private final Map<String, SmiCommonNode> commons;
    private final Map<String, SmiLarbNode> larbs;
    private final Map<String, M4uNode> m4us;
    private final Map<String, IovaRange> dmaRanges;

    private MultimediaTree(Builder builder) {
        commons = Map.copyOf(builder.commons);
        larbs = Map.copyOf(builder.larbs);
        m4us = Map.copyOf(builder.m4us);
        dmaRanges = Map.copyOf(builder.dmaRanges);
    }

    /**
     * Starts a tree.
     *
     * @return a builder of an empty one
     */
    public static Builder builder() {
        return new Builder();
    }

    @Nullable
    SmiCommonNode common(@Nullable String name) {
        return name == null ? null : commons.get(name);
    }

    @Nullable
    SmiLarbNode larb(String name) {
        return larbs.get(name);
    }

    @Nullable
    M4uNode m4u(String name) {
        return m4us.get(name);
    }

    @Nullable
    IovaRange dmaRange(String name) {
        return dmaRanges.get(name);
    }

    /** The common that a larb hangs on, across a sub-common; {@code null} when the tree does not say. */
    @Nullable
    SmiCommonNode commonOf(SmiLarbNode larb) {
        SmiCommonNode first = common(larb.smi());
        return first == null || first.smi() == null ? first : common(first.smi());
    }

    /** Collects nodes. Not thread-safe. */
    public static final class Builder {

        private final Map<String, SmiCommonNode> commons = new HashMap<>();
        private final Map<String, SmiLarbNode> larbs = new HashMap<>();
        private final Map<String, M4uNode> m4us = new HashMap<>();
        private final Map<String, IovaRange> dmaRanges = new HashMap<>();

        private Builder() {}

        /**
         * Adds a common or sub-common.
         *
         * @param node the node
         * @return this
         */
        public Builder common(SmiCommonNode node) {
            commons.put(node.name(), node);
            return this;
        }

        /**
         * Adds a larb.
         *
         * @param node the node
         * @return this
         */
        public Builder larb(SmiLarbNode node) {
            larbs.put(node.name(), node);
            return this;
        }

        /**
         * Adds an M4U.
         *
         * @param node the node
         * @return this
         */
        public Builder m4u(M4uNode node) {
            m4us.put(node.name(), node);
            return this;
        }

        /**
         * Says where a device's DMA may go (property {@code dma-ranges} above it).
         *
         * @param device the device's name
         * @param range the addresses
         * @return this
         */
        public Builder dmaRange(String device, IovaRange range) {
            dmaRanges.put(device, range);
            return this;
        }

        /**
         * Makes the tree.
         *
         * @return a new tree
         */
        public MultimediaTree build() {
            return new MultimediaTree(this);
        }
    }
}
