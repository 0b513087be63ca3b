package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.core.IommuCore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open file of {@code /dev/vfio/vfio}: an I/O address space for groups. Groups keep the container alive after its
 * file is closed; the last one to leave takes the IOMMU and all mappings with it.
 *
 * <p>Every method answers {@code EBADF} once the file is closed.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class Container implements ContainerFile {

    /** Extension and type: IOMMU of type 1. */
    public static final int TYPE1_IOMMU = 1;
    /** Extension and type: IOMMU of type 1, second version. */
    public static final int TYPE1V2_IOMMU = 3;
    /** Extension: DMA is always coherent. */
    public static final int DMA_CC_IOMMU = 4;
    /** Extension and type: IOMMU of type 1 with two stages. */
    public static final int TYPE1_NESTING_IOMMU = 6;
    /** Extension: UNMAP_DMA can unmap everything. */
    public static final int UNMAP_ALL = 9;
    /** Extension: the addresses of mappings in the process can be changed. */
    public static final int UPDATE_VADDR = 10;

    private static final LockClass LOCK_CLASS = new LockClass("&container->group_lock");

    private final IommuCore core;
    private final Type1Module module;
    private final UserProcess process;
    private final RwSemaphore groupLock;

    // Guarded by the semaphore.
    private final List<VfioGroup> groups = new ArrayList<>();

    // Changes under the semaphore; the calls that map read it without.
    private volatile @Nullable Type1 type1;

    private volatile boolean open = true;

    Container(IommuCore core, Type1Module module, UserProcess process) {
        this.core = core;
        this.module = module;
        this.process = process;
        this.groupLock = core.locking().rwSemaphore(LOCK_CLASS);
    }

    boolean isOpen() {
        return open;
    }

    private void requireOpen() {
        if (!open) {
            throw new IommuException(Errno.EBADF, "the container's file is closed");
        }
    }

    /**
     * VFIO_GET_API_VERSION.
     *
     * @return 0
     */
    public int apiVersion() {
        requireOpen();
        return 0;
    }

    /**
     * VFIO_CHECK_EXTENSION.
     *
     * @param extension any number
     * @return 1 when it is there, 0 otherwise
     */
    public int checkExtension(int extension) {
        requireOpen();
        groupLock.lockRead();
        try {
            Type1 iommu = type1;
            if (iommu != null) {
                return extension(extension, iommu);
            }
            module.listMutex().lock();
            try {
                return extension(extension, null);
            } finally {
                module.listMutex().unlock();
            }
        } finally {
            groupLock.unlockRead();
        }
    }

    private int extension(int extension, @Nullable Type1 iommu) {
        return switch (extension) {
            case TYPE1_IOMMU, TYPE1V2_IOMMU, UNMAP_ALL -> 1;
            case TYPE1_NESTING_IOMMU -> core.release().offersType1Nesting() ? 1 : 0;
            case DMA_CC_IOMMU -> iommu != null && iommu.enforcesCoherency() ? 1 : 0;
            case UPDATE_VADDR -> iommu != null ? 1 : 0;
            default -> 0;
        };
    }

    /**
     * VFIO_SET_IOMMU: gives the container an IOMMU and attaches its groups.
     *
     * @param type {@link #TYPE1_IOMMU} or {@link #TYPE1V2_IOMMU}
     * @throws IommuException {@code EINVAL} without a group, with an IOMMU set already, or for a type that is only an
     *     extension; {@code ENODEV} for an unknown type; {@code EPERM} for groups without interrupt isolation; else
     *     the IOMMU driver's errno. The groups stay in the container without an IOMMU then.
     */
    public void setIommu(int type) {
        requireOpen();
        groupLock.lockWrite();
        try {
            if (groups.isEmpty() || type1 != null) {
                throw new IommuException(Errno.EINVAL, "the container has no group, or an IOMMU already");
            }
            module.listMutex().lock();
            try {
                type1 = openType1(type);
                module.references().get();
            } finally {
                module.listMutex().unlock();
            }
        } finally {
            groupLock.unlockWrite();
        }
    }

    private Type1 openType1(int type) {
        if (extension(type, null) <= 0) {
            throw new IommuException(Errno.ENODEV, "no IOMMU of type " + type);
        }
        Type1.Flavour flavour = switch (type) {
            case TYPE1_IOMMU -> Type1.Flavour.V1;
            case TYPE1V2_IOMMU -> Type1.Flavour.V2;
            default -> throw new IommuException(Errno.EINVAL, "no IOMMU can be opened as type " + type);
        };
        Type1 iommu = new Type1(core, flavour, module);
        attachAll(iommu);
        return iommu;
    }

    private void attachAll(Type1 iommu) {
        List<IommuGroup> done = new ArrayList<>();
        for (VfioGroup group : groups) {
            IommuGroup iommuGroup = group.requireIommuGroup();
            try {
                iommu.attach(iommuGroup);
                done.add(0, iommuGroup);
            } catch (IommuException refusal) {
                done.forEach(iommu::detach);
                throw refusal;
            }
        }
    }

    private Type1 requireType1() {
        requireOpen();
        Type1 iommu = type1;
        if (iommu == null) {
            throw new IommuException(Errno.EINVAL, "the container has no IOMMU");
        }
        return iommu;
    }

    /**
     * VFIO_IOMMU_GET_INFO.
     *
     * @param argsz bytes of the caller's structure
     * @return what the IOMMU can do
     * @throws IommuException {@code EINVAL} without an IOMMU, or for fewer than 16 bytes
     */
    public IommuInfo getInfo(int argsz) {
        return requireType1().info(argsz);
    }

    /**
     * VFIO_IOMMU_MAP_DMA: pins memory and maps it for every device of the container.
     *
     * @param request what to map
     * @throws IommuException in this order: {@code EINVAL} without an IOMMU, for a short structure, unknown flags or
     *     flags that contradict, size 0 and misalignment; {@code EINVAL} (before 7.2) or {@code EOVERFLOW} for a range
     *     that wraps; {@code EEXIST} for an overlap; {@code ENOSPC} when no entry is left; {@code EINVAL} outside the
     *     valid ranges; {@code EFAULT} for memory that is not there or not writable; {@code ENOMEM} over the limit of
     *     locked memory; the IOMMU driver's errno. For a new address of a mapping: {@code ENOENT} when nothing is
     *     mapped, {@code EINVAL} when the mapping is another or its address was not given up. Nothing has changed then.
     */
    public void mapDma(MapRequest request) {
        requireType1().map(request, process);
    }

    /**
     * VFIO_IOMMU_UNMAP_DMA: unmaps whole mappings and lets their memory go.
     *
     * @param request what to unmap
     * @return bytes unmapped, and the dirty pages
     * @throws IommuException {@code EINVAL} without an IOMMU, for a short structure, bad flags, misalignment, size 0, a
     *     range that cuts a mapping (second version), or dirty pages without tracking; {@code EINVAL} (before 7.2) or
     *     {@code EOVERFLOW} for a range that wraps. Nothing is unmapped then.
     */
    public UnmapResult unmapDma(UnmapRequest request) {
        return requireType1().unmap(request);
    }

    /**
     * VFIO_IOMMU_DIRTY_PAGES. Nothing can be tracked, so everything mapped is dirty.
     *
     * @param request start, stop, or the range whose bits are wanted
     * @return the bits, {@link DirtyBitmap#NONE} for start and stop
     * @throws IommuException {@code EINVAL} without an IOMMU, for bad flags, a bad range or bitmap, or without tracking;
     *     {@code EACCES} for the first version
     */
    public DirtyBitmap dirtyPages(DirtyRequest request) {
        return requireType1().dirtyPages(request);
    }

    private Type1 requireNested() {
        Type1 iommu = requireType1();
        if (!module.hasNestedControls()) {
            throw new IommuException(Errno.ENOTTY, "this kernel has no controls for nesting");
        }
        return iommu;
    }

    /**
     * VFIO_IOMMU_BIND_MSI (2019 proposal): lets a guest's MSI doorbell through, in every domain of the container or in none.
     *
     * @param request what to bind
     * @throws IommuException {@code EINVAL} without an IOMMU, for a short structure or flags; {@code ENOTTY} without the nested
     *     series; else the IOMMU driver's errno. Nothing is bound then.
     */
    public void bindMsi(BindMsiRequest request) {
        requireNested().bindMsi(request);
    }

    /**
     * VFIO_IOMMU_UNBIND_MSI (2019 proposal). Succeeds also when nothing is bound.
     *
     * @param request what to unbind
     * @throws IommuException {@code EINVAL} without an IOMMU, for a short structure or flags; {@code ENOTTY} without the nested
     *     series
     */
    public void unbindMsi(UnbindMsiRequest request) {
        requireNested().unbindMsi(request);
    }

    /**
     * VFIO_IOMMU_CACHE_INVALIDATE (2019 proposal): passes a guest's invalidation on, for every device of the container.
     *
     * @param request what to invalidate
     * @throws IommuException {@code EINVAL} without an IOMMU, for a short structure or flags; {@code ENOTTY} without the nested
     *     series; else the IOMMU driver's errno, which ends it
     */
    public void invalidateCache(CacheInvalidateRequest request) {
        requireNested().invalidate(request);
    }

    /**
     * Closes the file. Groups stay attached.
     *
     * @throws IommuException {@code EBADF} when it is closed
     */
    public void close() {
        requireOpen();
        open = false;
    }

    /** Whether an IOMMU is set. */
    boolean hasIommu() {
        return type1 != null;
    }

    /** Lets a group join: claims its DMA and attaches it to the IOMMU, if there is one. */
    void join(VfioGroup group) {
        groupLock.lockWrite();
        try {
            IommuGroup iommuGroup = group.requireIommuGroup();
            iommuGroup.dmaOwnership().claim(group);
            Type1 iommu = type1;
            if (iommu != null) {
                try {
                    iommu.attach(iommuGroup);
                } catch (IommuException refusal) {
                    iommuGroup.dmaOwnership().release();
                    throw refusal;
                }
            }
            groups.add(0, group);
        } finally {
            groupLock.unlockWrite();
        }
    }

    /** Lets a group leave; the last one takes the IOMMU with it. */
    void leave(VfioGroup group) {
        groupLock.lockWrite();
        try {
            IommuGroup iommuGroup = group.requireIommuGroup();
            Type1 iommu = type1;
            if (iommu != null) {
                iommu.detach(iommuGroup);
            }
            iommuGroup.dmaOwnership().release();
            groups.remove(group);
            if (iommu != null && groups.isEmpty()) {
                type1 = null;
                module.references().put();
            }
        } finally {
            groupLock.unlockWrite();
        }
    }
}
