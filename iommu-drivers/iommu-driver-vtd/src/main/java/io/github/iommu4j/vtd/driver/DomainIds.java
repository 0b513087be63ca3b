package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * The domain ids of one unit. A domain has one in each unit that has a device of it, from the first device to the last.
 * Guarded by {@code &iommu->lock}.
 */
final class DomainIds {

    /** Tags what hardware caches of entries that are not there (Intel VT-d §6.1). */
    static final int NOTHING = 0;
    /** What passes through, and the first stages of processes. */
    static final int PASS_THROUGH = 1;

    private static final int RESERVED = 2;

    private final String unit;
    private final int count;
    private final SpinLock lock;
    private final VtdHost host;
    private final BitSet used = new BitSet();
    private final Map<VtdDomain, Use> uses = new HashMap<>();

    private static final class Use {
        final int did;
        int devices;

        Use(int did) {
            this.did = did;
        }
    }

    DomainIds(VtdUnitParts parts, SpinLock lock) {
        this.unit = parts.description().name();
        this.count = 1 << parts.capabilities().domainIdBits();
        this.lock = lock;
        this.host = parts.host();
        used.set(0, RESERVED);
    }

    /**
     * A device of a domain comes: the lowest free id, if the domain has none yet.
     *
     * @throws IommuException {@code ENOSPC} when all are taken
     */
    int get(VtdDomain domain) {
        lock.lock();
        try {
            Use use = uses.get(domain);
            if (use == null) {
                int did = used.nextClearBit(0);
                if (did >= count) {
                    host.kernel().log().print(KernelLog.Level.ERR, "DMAR: " + unit + ": No free domain ids");
                    throw new IommuException(Errno.ENOSPC, unit + ": all " + count + " domain ids are taken");
                }
                used.set(did);
                use = new Use(did);
                uses.put(domain, use);
            }
            use.devices++;
            return use.did;
        } finally {
            lock.unlock();
        }
    }

    /** A device of a domain goes; with the last one, the id. */
    void put(VtdDomain domain) {
        lock.lock();
        try {
            Use use = uses.get(domain);
            if (use == null) {
                throw new AssertionError(unit + ": a domain without an id gives one back");
            }
            use.devices--;
            if (use.devices == 0) {
                uses.remove(domain);
                boolean leaks = host.has(VtdErratum.USERS_DOMAIN_IDS_LEAK) && domain.type() == DomainType.UNMANAGED;
                used.set(use.did, leaks);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The id of a domain that has a device here. */
    int of(VtdDomain domain) {
        lock.lock();
        try {
            Use use = uses.get(domain);
            if (use == null) {
                throw new AssertionError(unit + ": a domain without a device has no id");
            }
            return use.did;
        } finally {
            lock.unlock();
        }
    }

    /** Ids that are taken beyond those that always are. */
    int inUse() {
        lock.lock();
        try {
            return used.cardinality() - RESERVED;
        } finally {
            lock.unlock();
        }
    }
}
