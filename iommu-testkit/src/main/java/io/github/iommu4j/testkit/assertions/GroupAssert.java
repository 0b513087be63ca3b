package io.github.iommu4j.testkit.assertions;

import io.github.iommu4j.api.DmaOwnership;
import io.github.iommu4j.api.DmaOwnership.Holder;
import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import java.util.Objects;
import org.assertj.core.api.AbstractAssert;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/** Assertions about a group. Each takes the group's mutex. */
public final class GroupAssert extends AbstractAssert<GroupAssert, IommuGroup> {

    GroupAssert(@Nullable IommuGroup actual) {
        super(actual, GroupAssert.class);
    }

    private DmaOwnership.State state() {
        isNotNull();
        return actual.dmaOwnership().state();
    }

    /**
     * A user owns the group's DMA.
     *
     * @param owner by identity
     * @return this
     */
    public GroupAssert isOwnedBy(Object owner) {
        DmaOwnership.State state = state();
        if (state.holder() != Holder.USER || state.owner() != owner) {
            throw failure("Expecting %s to be owned by <%s> but its DMA is %s", actual, owner, state);
        }
        return this;
    }

    /**
     * Nobody holds the group's DMA.
     *
     * @return this
     */
    public GroupAssert isFree() {
        DmaOwnership.State state = state();
        if (state.holder() != Holder.FREE) {
            throw failure("Expecting nobody to hold %s but its DMA is %s", actual, state);
        }
        return this;
    }

    /**
     * Drivers of the kernel hold the group's DMA.
     *
     * @param drivers how many
     * @return this
     */
    public GroupAssert isUsedByDrivers(int drivers) {
        DmaOwnership.State state = state();
        if (state.holder() != Holder.KERNEL || state.count() != drivers) {
            throw failure("Expecting %s to be used by %s drivers but its DMA is %s", actual, drivers, state);
        }
        return this;
    }

    /**
     * A domain of a type is attached.
     *
     * @param type the type
     * @return this
     */
    public GroupAssert hasDomain(DomainType type) {
        isNotNull();
        IommuDomain domain = actual.domain();
        if (domain == null || domain.type() != type) {
            throw failure("Expecting a domain of type %s on %s but there is <%s>", type, actual, domain);
        }
        return this;
    }

    /**
     * The default domain is attached.
     *
     * @return this
     */
    public GroupAssert isOnItsDefaultDomain() {
        isNotNull();
        if (!Objects.equals(actual.domain(), actual.defaultDomain())) {
            throw failure(
                    "Expecting the default domain <%s> on %s but there is <%s>",
                    actual.defaultDomain(), actual, actual.domain());
        }
        return this;
    }

    /**
     * The group has these members, in any order, and no others.
     *
     * @param devices the members
     * @return this
     */
    public GroupAssert hasMembers(Device... devices) {
        isNotNull();
        Assertions.assertThat(actual.devices()).as("members of %s", actual).containsExactlyInAnyOrder(devices);
        return this;
    }
}
