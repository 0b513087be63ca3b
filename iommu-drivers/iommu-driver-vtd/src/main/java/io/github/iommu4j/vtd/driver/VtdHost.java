package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.topology.PciFunction;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/** What the driver stands in. Immutable. */
public final class VtdHost {

    private final KernelServices kernel;
    private final Function<PciFunction, PciFeatures> features;
    private final Set<VtdOption> options;
    private final Set<VtdErratum> errata;

    private VtdHost(Builder builder) {
        this.kernel = builder.kernel;
        this.features = builder.features;
        this.options = EnumSet.copyOf(builder.options);
        this.errata = EnumSet.copyOf(builder.errata);
    }

    /**
     * Starts a host with devices without ATS and PASID.
     *
     * @param kernel the kernel the driver is in
     * @return a builder
     */
    public static Builder builder(KernelServices kernel) {
        return new Builder(kernel);
    }

    KernelServices kernel() {
        return kernel;
    }

    PciFeatures features(PciFunction function) {
        return features.apply(function);
    }

    boolean has(VtdOption option) {
        return options.contains(option);
    }

    boolean has(VtdErratum erratum) {
        return errata.contains(erratum);
    }

    Set<VtdErratum> errata() {
        return EnumSet.copyOf(errata);
    }

    /** Collects a host. Confined to one thread. */
    public static final class Builder {

        private final KernelServices kernel;
        private Function<PciFunction, PciFeatures> features = function -> PciFeatures.NONE;
        private final Set<VtdOption> options = EnumSet.noneOf(VtdOption.class);
        private final Set<VtdErratum> errata = EnumSet.noneOf(VtdErratum.class);

        private Builder(KernelServices kernel) {
            this.kernel = kernel;
        }

        /**
         * What devices can.
         *
         * @param lookup a function's features
         * @return this
         */
        public Builder features(Function<PciFunction, PciFeatures> lookup) {
            this.features = lookup;
            return this;
        }

        /**
         * Sets an option.
         *
         * @param option the option
         * @return this
         */
        public Builder option(VtdOption option) {
            options.add(option);
            return this;
        }

        /**
         * Switches a historical mistake on.
         *
         * @param erratum the mistake
         * @return this
         */
        public Builder erratum(VtdErratum erratum) {
            errata.add(erratum);
            return this;
        }

        /**
         * The host.
         *
         * @return what was collected
         */
        public VtdHost build() {
            return new VtdHost(this);
        }
    }
}
