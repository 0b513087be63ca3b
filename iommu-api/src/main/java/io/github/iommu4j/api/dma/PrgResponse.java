package io.github.iommu4j.api.dma;

/**
 * The answer to a group of page requests (PCIe PRI, PRG Response Message). Immutable.
 *
 * @param streamId StreamID or requester ID of the device, unsigned 32 bits
 * @param substreamId PASID, 20 bits, or {@link TranslationUnit#NO_SUBSTREAM} when the answer carries none
 * @param prgIndex Page Request Group Index, 9 bits
 * @param code the answer
 */
public record PrgResponse(int streamId, int substreamId, int prgIndex, Code code) {

    /** The answers there are. */
    public enum Code {
        /** All pages are there: the device asks again for its translations. */
        SUCCESS(0),
        /** Some page is not there or may not be used so. */
        INVALID(1),
        /** The device may not ask: it is to stop asking until software enables it again. */
        FAILURE(0xF);

        private final int value;

        Code(int value) {
            this.value = value;
        }

        /**
         * The Response Code field of the message.
         *
         * @return 0, 1 or 15
         */
        public int value() {
            return value;
        }

        /**
         * The answer of a Response Code.
         *
         * @param value four bits
         * @return the answer; reserved codes are failures
         */
        public static Code of(int value) {
            return value == SUCCESS.value ? SUCCESS : value == INVALID.value ? INVALID : FAILURE;
        }
    }
}
