package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.ContainerFile;
import io.github.iommu4j.core.vfio.ContainerFile.NotAContainer;
import io.github.iommu4j.core.vfio.DeviceFile;
import io.github.iommu4j.core.vfio.DeviceInfo;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.Vfio;
import java.util.Map;

/** VFIO's group and device files. */
final class GroupFileOperations {

    private static final int STATUS_SIZE = 8;

    private final Vfio vfio;
    private final OpenFiles files;
    private final GroupOperations groups;
    private final CopyEngines engines;

    GroupFileOperations(Vfio vfio, OpenFiles files, GroupOperations groups, CopyEngines engines) {
        this.vfio = vfio;
        this.files = files;
        this.groups = groups;
        this.engines = engines;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("gopen", this::open);
        operations.put("gclose", this::close);
        operations.put("gstat", this::status);
        operations.put("gset", this::setContainer);
        operations.put("gunset", this::unsetContainer);
        operations.put("gdev", this::getDevice);
        operations.put("dclose", this::closeDevice);
        operations.put("dinfo", this::deviceInfo);
        operations.put("dreset", this::resetDevice);
        operations.put("edudma", this::copy);
    }

    private Answer open(Arguments arguments) {
        int slot = arguments.integer(0);
        if (files.groups().containsKey(slot)) {
            return Answer.WRONG_SLOT;
        }
        int number = groups.groupNumber(arguments.text(1));
        return Answer.attempt(() -> {
                    GroupFile file = vfio.openGroup(number);
                    files.groups().put(slot, new OpenFiles.GroupEntry(file, OpenFiles.NO_CONTAINER));
                })
                .with("gid", number);
    }

    private Answer close(Arguments arguments) {
        OpenFiles.GroupEntry entry = files.groups().remove(arguments.integer(0));
        return entry == null ? Answer.WRONG_SLOT : Answer.attempt(entry.file()::close);
    }

    private Answer status(Arguments arguments) {
        OpenFiles.GroupEntry entry = files.groups().get(arguments.integer(0));
        if (entry == null) {
            return Answer.EBADF;
        }
        int flags = entry.file().getStatus(arguments.integer(1, STATUS_SIZE)).flags();
        return Answer.OK.with("flags", flags);
    }

    private Answer setContainer(Arguments arguments) {
        int slot = arguments.integer(0);
        OpenFiles.GroupEntry entry = files.groups().get(slot);
        if (entry == null) {
            return Answer.EBADF;
        }
        ContainerFile file = containerFile(arguments.text(1));
        Answer answer = Answer.attempt(() -> entry.file().setContainer(file));
        if (answer.equals(Answer.OK)) {
            files.groups().replace(slot, entry, new OpenFiles.GroupEntry(entry.file(), arguments.integer(1)));
        }
        return answer;
    }

    private ContainerFile containerFile(String argument) {
        return switch (argument) {
            case "null" -> NotAContainer.FOREIGN_FILE;
            case "bad" -> NotAContainer.BAD_DESCRIPTOR;
            default -> {
                Container container = files.containers().get((int) Arguments.number(argument));
                yield container == null ? NotAContainer.BAD_DESCRIPTOR : container;
            }
        };
    }

    private Answer unsetContainer(Arguments arguments) {
        int slot = arguments.integer(0);
        OpenFiles.GroupEntry entry = files.groups().get(slot);
        if (entry == null) {
            return Answer.EBADF;
        }
        Answer answer = Answer.attempt(entry.file()::unsetContainer);
        if (answer.equals(Answer.OK)) {
            files.groups().replace(slot, entry, new OpenFiles.GroupEntry(entry.file(), OpenFiles.NO_CONTAINER));
        }
        return answer;
    }

    private Answer getDevice(Arguments arguments) {
        int slot = arguments.integer(2);
        if (files.devices().containsKey(slot)) {
            return Answer.WRONG_SLOT;
        }
        OpenFiles.GroupEntry entry = files.groups().get(arguments.integer(0));
        if (entry == null) {
            return Answer.EBADF;
        }
        return Answer.attempt(() -> files.devices().put(slot, entry.file().getDevice(arguments.text(1))));
    }

    private Answer closeDevice(Arguments arguments) {
        DeviceFile file = files.devices().remove(arguments.integer(0));
        if (file == null) {
            return Answer.WRONG_SLOT;
        }
        boolean last = files.devices().values().stream().noneMatch(other -> other.device() == file.device());
        if (last) {
            engines.disabled(file.device());
        }
        return Answer.attempt(file::close);
    }

    private Answer deviceInfo(Arguments arguments) {
        DeviceFile file = files.devices().get(arguments.integer(0));
        if (file == null) {
            return Answer.EBADF;
        }
        DeviceInfo info = file.info();
        return Answer.OK
                .with("flags", info.flags())
                .with("regions", info.regions())
                .with("irqs", info.irqs());
    }

    private Answer resetDevice(Arguments arguments) {
        DeviceFile file = files.devices().get(arguments.integer(0));
        return file == null ? Answer.EBADF : Answer.attempt(file::reset);
    }

    private Answer copy(Arguments arguments) {
        DeviceFile file = files.devices().get(arguments.integer(0));
        return file == null ? Answer.EBADF : engines.copy(file.device(), arguments);
    }
}
