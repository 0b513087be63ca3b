package io.github.iommu4j.vtd.reference;

/** A fault that ends a request. */
final class Stop extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The code; 0 for an abort that is never recorded. */
    final int code;

    Stop(int code) {
        super("0x" + Integer.toHexString(code), null, false, false);
        this.code = code;
    }
}
