package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.IopfGroup;
import io.github.iommu4j.api.fault.PageResponse.Code;
import java.util.List;

/** A group of page requests on its way; holds a reference of its {@link FaultParam}. Compared by identity. */
final class PendingGroup implements IopfGroup {

    private final FaultParam param;
    private final IommuDomain domain;
    private final List<PageRequest> requests;
    private final boolean whole;

    // Guarded by the lock of the parameters.
    private boolean gone;

    PendingGroup(FaultParam param, IommuDomain domain, List<PageRequest> requests, boolean whole) {
        this.param = param;
        this.domain = domain;
        this.requests = List.copyOf(requests);
        this.whole = whole;
    }

    /** Whether there was memory for it. */
    boolean isWhole() {
        return whole;
    }

    /** Says whether it was gone before. */
    boolean letGo() {
        boolean before = gone;
        gone = true;
        return before;
    }

    @Override
    public Device device() {
        return param.device();
    }

    @Override
    public IommuDomain domain() {
        return domain;
    }

    @Override
    public List<PageRequest> requests() {
        return requests;
    }

    @Override
    public PageRequest last() {
        return requests.get(requests.size() - 1);
    }

    @Override
    public boolean isPending() {
        return param.isPending(this);
    }

    @Override
    public void respond(Code code) {
        param.respond(this, code);
    }

    @Override
    public String toString() {
        return "page requests of " + device() + " " + requests;
    }
}
