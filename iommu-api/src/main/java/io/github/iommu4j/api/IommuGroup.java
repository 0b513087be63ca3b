package io.github.iommu4j.api;

import io.github.iommu4j.api.device.Device;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The devices an IOMMU cannot tell apart or keep apart (Linux {@code iommu_group}).
 *
 * <p><b>Thread-safety:</b> every method takes the group's mutex where the kernel does.
 */
public interface IommuGroup {

    /**
     * The number: the lowest that was free; used again after the group is gone.
     *
     * @return 0 or more
     */
    int id();

    /**
     * The name.
     *
     * @return the name given by {@link #setName}, or {@code null}
     */
    @Nullable
    String name();

    /**
     * Names the group.
     *
     * @param name the name, or {@code null} for none
     */
    void setName(@Nullable String name);

    /**
     * The members.
     *
     * @return devices in the order they joined; a snapshot
     */
    List<Device> devices();

    /**
     * What the {@code devices} directory shows: a device's name, or where another member has it, the name followed by
     * {@code .0}, {@code .1} and so on.
     *
     * @return a name for each of {@link #devices}, in that order; a snapshot
     */
    List<String> deviceLinks();

    /**
     * Runs something for every member while the group's mutex is held.
     *
     * @param action must not change the group
     */
    void forEachDevice(Consumer<Device> action);

    /**
     * What the {@code type} file shows.
     *
     * @return the default domain's type in the kernel's words, {@code unknown} without one
     */
    String typeName();

    /**
     * Writes the {@code type} file.
     *
     * @param word {@code identity}, {@code DMA}, {@code DMA-FQ} or {@code auto}, a trailing newline allowed; an empty
     *     string does nothing
     * @param capabilities what the writer may do
     * @throws IommuException {@code EACCES} without CAP_SYS_ADMIN and CAP_SYS_RAWIO; {@code EINVAL} for another word,
     *     without a default domain, when the driver demands another type, and up to 6.3 for a group of several devices;
     *     {@code EBUSY} (up to 6.3) or {@code EPERM} while a driver or a user is in the way. The old type stays then.
     */
    void writeType(String word, UserCapabilities capabilities);

    /**
     * What the {@code reserved_regions} file shows: the devices' regions, sorted, those of one type merged.
     *
     * @return the regions
     */
    List<ReservedRegion> reservedRegions();

    /**
     * The domain the kernel's DMA API uses.
     *
     * @return the domain, or {@code null} before set-up
     */
    @Nullable
    IommuDomain defaultDomain();

    /**
     * The domain attached now.
     *
     * @return the domain, or {@code null} before the first attach
     */
    @Nullable
    IommuDomain domain();

    /**
     * Attaches a domain to every device.
     *
     * @param domain the domain
     * @throws IommuException {@code EBUSY} when the attached domain is neither the default nor the blocking one;
     *     {@code EINVAL} when the domain is another driver's or does not fit; the driver's errno. The old domain is
     *     attached everywhere then.
     */
    void attach(IommuDomain domain);

    /**
     * Goes back to the default domain, or to the blocking one while a user owns the group.
     *
     * @param domain the attached domain; as in the kernel, not looked at
     */
    void detach(IommuDomain domain);

    /**
     * Attaches another domain without going through the default one.
     *
     * @param domain the new domain
     * @throws IommuException as {@link #attach}, without the {@code EBUSY} rule
     */
    void replace(IommuDomain domain);

    /**
     * Who may use the group's DMA.
     *
     * @return the ownership of this group
     */
    DmaOwnership dmaOwnership();

    /**
     * Attaches a domain to one PASID of every device.
     *
     * @param domain the domain
     * @param pasid 1 to the smallest number of PASIDs of the members, exclusive
     * @throws IommuException {@code EOPNOTSUPP}, {@code ENODEV}, {@code EINVAL} (PASID 0, out of range, another
     *     driver's domain), {@code EBUSY} (in use), or the driver's errno. Nothing is attached then.
     */
    void attachPasid(IommuDomain domain, int pasid);

    /**
     * Takes a domain from a PASID.
     *
     * @param domain the domain attached there
     * @param pasid the PASID
     */
    void detachPasid(IommuDomain domain, int pasid);

    /**
     * Puts another domain on a PASID that has one.
     *
     * @param domain the new domain
     * @param pasid the PASID
     * @throws IommuException {@code EINVAL} when nothing is attached there; otherwise as {@link #attachPasid}; the old
     *     domain stays then
     */
    void replacePasid(IommuDomain domain, int pasid);

    /**
     * The domain of a PASID.
     *
     * @param pasid the PASID
     * @return the domain, or {@code null}
     */
    @Nullable
    IommuDomain domainOfPasid(int pasid);

    /**
     * Hangs something on the group.
     *
     * @param data the thing, or {@code null}
     * @param release called with it when the group goes
     */
    void setIommuData(@Nullable Object data, Consumer<Object> release);

    /**
     * What hangs on the group.
     *
     * @return the thing, or {@code null}
     */
    @Nullable
    Object iommuData();

    /**
     * Takes a reference.
     *
     * @return this group
     */
    IommuGroup get();

    /** Drops a reference; the last one frees the group and its number. */
    void put();
}
