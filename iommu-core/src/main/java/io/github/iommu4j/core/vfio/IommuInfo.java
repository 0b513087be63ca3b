package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.PageSizes;
import java.util.List;

/**
 * The answer of VFIO_IOMMU_GET_INFO. Immutable.
 *
 * @param argsz the bytes needed for everything, or what the caller gave when that was enough
 * @param flags bit 0 page sizes, bit 1 capabilities
 * @param pageSizes what can be mapped
 * @param capabilities in the kernel's order; empty when the caller's structure was too small
 */
public record IommuInfo(int argsz, int flags, PageSizes pageSizes, List<Capability> capabilities) {

    /** Copies the list. */
    public IommuInfo {
        capabilities = List.copyOf(capabilities);
    }

    /** One link of the chain of capabilities. */
    public sealed interface Capability {

        /**
         * The kernel's number.
         *
         * @return 1 ranges, 2 migration, 3 mappings left
         */
        int id();
    }

    /**
     * Which addresses can be mapped.
     *
     * @param ranges ascending, disjoint
     */
    public record IovaRanges(List<IovaRange> ranges) implements Capability {

        /** Copies the list. */
        public IovaRanges {
            ranges = List.copyOf(ranges);
        }

        @Override
        public int id() {
            return 1;
        }
    }

    /**
     * How dirty pages can be asked for.
     *
     * @param pageSizes sizes a bit can stand for
     * @param maxBitmapBytes the largest bitmap
     */
    public record Migration(PageSizes pageSizes, long maxBitmapBytes) implements Capability {

        @Override
        public int id() {
            return 2;
        }
    }

    /**
     * How many more mappings can be made.
     *
     * @param available 0 or more
     */
    public record DmaAvailable(int available) implements Capability {

        @Override
        public int id() {
            return 3;
        }
    }
}
