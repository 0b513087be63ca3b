package io.github.iommu4j.lab.kernel;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.IommuInfo;
import io.github.iommu4j.core.vfio.Vfio;
import java.util.Map;

/** VFIO's container files, but for mapping. */
final class ContainerOperations {

    private static final int INFO_SIZE = 4096;

    private final Vfio vfio;
    private final OpenFiles files;
    private final HarnessProcess process;

    ContainerOperations(Vfio vfio, OpenFiles files, HarnessProcess process) {
        this.vfio = vfio;
        this.files = files;
        this.process = process;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("copen", this::open);
        operations.put("cclose", this::close);
        operations.put("api", this::apiVersion);
        operations.put("ext", this::checkExtension);
        operations.put("siommu", this::setIommu);
        operations.put("cinfo", this::info);
    }

    private Answer open(Arguments arguments) {
        int slot = arguments.integer(0);
        if (files.containers().containsKey(slot)) {
            return Answer.WRONG_SLOT;
        }
        return Answer.attempt(() -> files.containers().put(slot, vfio.openContainer(process.process())));
    }

    private Answer close(Arguments arguments) {
        Container container = files.containers().remove(arguments.integer(0));
        return container == null ? Answer.WRONG_SLOT : Answer.attempt(container::close);
    }

    private Answer apiVersion(Arguments arguments) {
        Container container = files.containers().get(arguments.integer(0));
        if (container == null) {
            return Answer.EBADF;
        }
        return positive(container.apiVersion());
    }

    /** The harness writes down what an ioctl returned when it asks for a number. */
    private static Answer positive(int returned) {
        return returned == 0 ? Answer.OK : Answer.OK.with("ret", returned);
    }

    private Answer checkExtension(Arguments arguments) {
        Container container = files.containers().get(arguments.integer(0));
        if (container == null) {
            return Answer.EBADF;
        }
        return Answer.OK.with("ret", container.checkExtension(arguments.integer(1)));
    }

    private Answer setIommu(Arguments arguments) {
        Container container = files.containers().get(arguments.integer(0));
        return container == null ? Answer.EBADF : Answer.attempt(() -> container.setIommu(arguments.integer(1)));
    }

    private Answer info(Arguments arguments) {
        Container container = files.containers().get(arguments.integer(0));
        if (container == null) {
            return Answer.EBADF;
        }
        IommuInfo info = container.getInfo(arguments.integer(1, INFO_SIZE));
        Answer answer = Answer.OK
                .with("argsz", info.argsz())
                .with("flags", info.flags())
                .with("pgsizes", hex(info.pageSizes().bitmap()));
        return info.capabilities().isEmpty() ? answer : answer.with("caps", capabilities(info));
    }

    private static JsonArray capabilities(IommuInfo info) {
        JsonArray capabilities = new JsonArray();
        for (IommuInfo.Capability capability : info.capabilities()) {
            JsonObject object = new JsonObject();
            object.addProperty("id", capability.id());
            object.addProperty("ver", 1);
            if (capability instanceof IommuInfo.Migration migration) {
                object.addProperty("pgsz", hex(migration.pageSizes().bitmap()));
                object.addProperty("maxbm", migration.maxBitmapBytes());
            } else if (capability instanceof IommuInfo.DmaAvailable available) {
                object.addProperty("avail", available.available());
            } else if (capability instanceof IommuInfo.IovaRanges ranges) {
                object.add("iova", ranges(ranges));
            }
            capabilities.add(object);
        }
        return capabilities;
    }

    private static JsonArray ranges(IommuInfo.IovaRanges ranges) {
        JsonArray array = new JsonArray();
        for (IovaRange range : ranges.ranges()) {
            JsonArray pair = new JsonArray();
            pair.add(hex(range.start()));
            pair.add(hex(range.last()));
            array.add(pair);
        }
        return array;
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
