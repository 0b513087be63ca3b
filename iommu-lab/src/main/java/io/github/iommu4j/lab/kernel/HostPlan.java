package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.oracle.MachineEntry;
import io.github.iommu4j.testkit.machine.MockHost;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The IOMMU of a machine and how the kernel's options set it up.
 *
 * @param release the kernel
 * @param host how the IOMMU presents itself, or {@code null} without one
 * @param systemType the type of default domains
 * @param firmware who describes the machine
 */
record HostPlan(KernelRelease release, @Nullable MockHost host, DomainType systemType, Firmware firmware) {

    /** Who describes the machine to the kernel. */
    enum Firmware {
        /** ACPI: IOMMUs know their devices from the start; it has hot-plug slots of its own. */
        ACPI,
        /** A device tree: a device's IOMMU is looked up when a driver binds. */
        DEVICE_TREE
    }

    private static final int SHORT_ADDRESS_BITS = 39;
    private static final int LONG_ADDRESS_BITS = 48;

    /** Every power of two but 512 GiB. */
    private static final long AMD_PAGES_52_BITS = 0x000F_FF7F_FFFF_F000L;

    private static final long AMD_PAGES_47_BITS = 0x0000_7F7F_FFFF_F000L;

    static HostPlan of(MachineEntry entry) throws CaptureException {
        List<String> device = List.of(entry.iommuDevice().split(","));
        List<String> options = List.of(entry.kernelCommandLine().trim().split("\\s+"));
        KernelRelease release = release(entry.kernel());
        String kind = device.get(0);
        return switch (kind) {
            case "" -> new HostPlan(release, null, systemType(options, false), Firmware.ACPI);
            case "intel-iommu" -> intel(release, device, options);
            case "amd-iommu" ->
                new HostPlan(
                        release,
                        isOff(options, "amd_iommu") ? null : amd(release),
                        systemType(options, true),
                        Firmware.ACPI);
            case "smmuv3" ->
                new HostPlan(
                        release,
                        MockHost.arm(),
                        systemType(options, !options.contains("iommu.strict=0")),
                        Firmware.DEVICE_TREE);
            default -> throw new CaptureException(entry + ": there is no model of the IOMMU '" + kind + "'");
        };
    }

    static KernelRelease release(String key) throws CaptureException {
        return switch (key) {
            case "k61", "arm61" -> KernelRelease.V6_1;
            case "k612", "arm612" -> KernelRelease.V6_12;
            case "k72", "arm72" -> KernelRelease.V7_2;
            default -> throw new CaptureException("there is no model of the kernel '" + key + "'");
        };
    }

    /** Later drivers map up to 52 bits; their generic page tables, up to 48 bits as the host says. */
    private static MockHost amd(KernelRelease release) {
        MockHost host = MockHost.amd();
        return switch (release) {
            case V6_1 -> host;
            case V6_12 -> host.withPageTables(new PageSizes(AMD_PAGES_52_BITS), host.aperture());
            case V7_2 ->
                host.withPageTables(new PageSizes(AMD_PAGES_47_BITS), new IovaRange(0, (1L << LONG_ADDRESS_BITS) - 1));
        };
    }

    private static HostPlan intel(KernelRelease release, List<String> device, List<String> options) {
        // Caching mode is a host's emulation, which the kernel wants to hear of every change at once.
        boolean strict = device.contains("caching-mode=on") || options.contains("intel_iommu=strict");
        MockHost host = MockHost.intel(device.contains("aw-bits=48") ? LONG_ADDRESS_BITS : SHORT_ADDRESS_BITS);
        if (device.contains("intremap=off")) {
            Set<IommuCapability> capabilities = EnumSet.copyOf(host.capabilities());
            capabilities.remove(IommuCapability.INTERRUPT_ISOLATION);
            host = host.withCapabilities(capabilities);
        }
        if (release == KernelRelease.V7_2) {
            host = host.withWriteImpliesRead(MockHost.Boundary.NO);
        }
        return new HostPlan(
                release, isOff(options, "intel_iommu") ? null : host, systemType(options, strict), Firmware.ACPI);
    }

    private static boolean isOff(List<String> options, String name) {
        return options.stream()
                .filter(option -> option.startsWith(name + "="))
                .anyMatch(option -> Arrays.asList(
                                option.substring(name.length() + 1).split(","))
                        .contains("off"));
    }

    private static DomainType systemType(List<String> options, boolean strictHardware) {
        boolean passthrough = options.contains("iommu=pt")
                || options.contains("iommu.passthrough=1")
                || options.contains("iommu.passthrough=on");
        if (passthrough) {
            return DomainType.IDENTITY;
        }
        boolean strict = strictHardware || options.contains("iommu.strict=1") || options.contains("iommu.strict=on");
        return strict ? DomainType.DMA : DomainType.DMA_FQ;
    }
}
