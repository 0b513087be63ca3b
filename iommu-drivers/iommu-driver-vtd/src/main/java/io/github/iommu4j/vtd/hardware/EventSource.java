package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.VtdRegister;

/** The unit's own interrupts, each with four registers (Intel VT-d §7.3, §6.5.2.9, §7.5). */
enum EventSource {
    /** A fault was recorded, or the invalidation queue failed. */
    FAULT(VtdRegister.FECTL, VtdRegister.FEDATA, VtdRegister.FEADDR, VtdRegister.FEUADDR),
    /** A wait descriptor with IF completed. */
    INVALIDATION(VtdRegister.IECTL, VtdRegister.IEDATA, VtdRegister.IEADDR, VtdRegister.IEUADDR),
    /** A page request was queued, or lost. */
    PAGE_REQUEST(VtdRegister.PECTL, VtdRegister.PEDATA, VtdRegister.PEADDR, VtdRegister.PEUADDR);

    private final VtdRegister control;
    private final VtdRegister data;
    private final VtdRegister address;
    private final VtdRegister upperAddress;

    EventSource(VtdRegister control, VtdRegister data, VtdRegister address, VtdRegister upperAddress) {
        this.control = control;
        this.data = data;
        this.address = address;
        this.upperAddress = upperAddress;
    }

    VtdRegister control() {
        return control;
    }

    VtdRegister data() {
        return data;
    }

    VtdRegister address() {
        return address;
    }

    VtdRegister upperAddress() {
        return upperAddress;
    }
}
