package io.github.iommu4j.lab.kernel;

/** One kind of operation of the oracle's harness. */
@FunctionalInterface
interface Operation {

    /** Does it; a refusal may also be thrown. */
    Answer perform(Arguments arguments);

    /** A file or a device that this model does not have. */
    final class OutsideModelException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        OutsideModelException(String reason) {
            super(reason);
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }
}
