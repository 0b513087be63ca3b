package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.driver.StructureMemory;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.List;

/**
 * All remapping units of a machine.
 *
 * <pre>{@code
 * IntelIommu iommu = IntelIommu.start(DmarTable.of(48, DmarUnit.ofEverything("dmar0", registers)), host);
 * iommu.drivers().forEach(core::register);
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class IntelIommu {

    private static final LockClass LOCK = new LockClass("dmar_global_lock");

    private final RwSemaphore lock;
    private final List<VtdDriver> drivers = new ArrayList<>();

    private IntelIommu(VtdHost host) {
        this.lock = host.kernel().locking().rwSemaphore(LOCK);
    }

    /**
     * Brings every unit up: queue, interrupt remapping, fault interrupt, tables, translation, in this order. Scalable mode
     * is used when every unit has it and the option does not forbid it.
     *
     * @param table what firmware says
     * @param host what the driver stands in
     * @return the units, whose devices are all blocked
     * @throws IommuException {@code ENODEV} when a unit does not answer or has no usable width; {@code ENOMEM} without memory
     *     for its structures; {@code ETIMEDOUT} when it does not do what it is told
     */
    public static IntelIommu start(DmarTable table, VtdHost host) {
        IntelIommu iommu = new IntelIommu(host);
        iommu.lock.lockWrite();
        try {
            iommu.bringUp(table, host);
        } finally {
            iommu.lock.unlockWrite();
        }
        return iommu;
    }

    private void bringUp(DmarTable table, VtdHost host) {
        DmarMatch firmware = new DmarMatch(table);
        DeviceAttach devices = new DeviceAttach(host, new ReservedRanges(firmware));
        List<UnitRegisters> registers = new ArrayList<>();
        boolean scalable = !host.has(VtdOption.SCALABLE_MODE_OFF);
        for (DmarUnit unit : table.units()) {
            UnitRegisters each = new UnitRegisters(
                    unit.name(), unit.registers(), host.kernel().locking());
            requirePresent(unit, each);
            scalable &= UnitCapabilities.hasScalableMode(each.ecap());
            registers.add(each);
        }
        for (int i = 0; i < registers.size(); i++) {
            DmarUnit unit = table.units().get(i);
            UnitRegisters each = registers.get(i);
            UnitCapabilities capabilities = new UnitCapabilities(
                    each.cap(), each.ecap(), scalable ? UnitCapabilities.Mode.SCALABLE : UnitCapabilities.Mode.LEGACY);
            if (capabilities.widthCode() == 0) {
                throw new IommuException(Errno.ENODEV, unit.name() + " has no table of a width that can be used");
            }
            host.kernel()
                    .log()
                    .print(
                            KernelLog.Level.INFO,
                            String.format(
                                    "DMAR: %s: ver %x cap %x ecap %x",
                                    unit.name(), each.version(), each.cap(), each.ecap()));
            VtdUnitParts parts = new VtdUnitParts(
                    host,
                    unit,
                    each,
                    capabilities,
                    new StructureMemory(host.kernel().structures()));
            drivers.add(new VtdDriver(bringUp(parts), firmware, devices));
        }
    }

    /** A unit that does not come up takes those before it down again. */
    private VtdUnit bringUp(VtdUnitParts parts) {
        try {
            return new VtdUnit(parts);
        } catch (IommuException refusal) {
            parts.structures().freeAll();
            drivers.forEach(driver -> driver.unit().shutDown());
            drivers.clear();
            throw refusal;
        }
    }

    private static void requirePresent(DmarUnit unit, UnitRegisters registers) {
        if (registers.cap() == -1 && registers.ecap() == -1) {
            throw new IommuException(Errno.ENODEV, unit.name() + " answers with all ones: broken firmware");
        }
    }

    /**
     * A driver for each unit, to be registered with a core.
     *
     * @return the drivers in the order of the firmware's table
     */
    public List<VtdDriver> drivers() {
        return List.copyOf(drivers);
    }

    /**
     * Handles faults of all units.
     *
     * @return {@code false} when there was none
     */
    public boolean step() {
        boolean any = false;
        for (VtdDriver driver : drivers) {
            any |= driver.step();
        }
        return any;
    }

    /**
     * Unregisters every unit, switches translation off, and gives all memory back.
     *
     * @param core the core the drivers are registered with
     */
    public void shutDown(IommuCore core) {
        drivers.forEach(core::unregister);
        lock.lockWrite();
        try {
            drivers.forEach(driver -> driver.unit().shutDown());
            drivers.clear();
        } finally {
            lock.unlockWrite();
        }
    }
}
