package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.vfio.BitmapRequest;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DirtyBitmap;
import io.github.iommu4j.core.vfio.DirtyRequest;
import io.github.iommu4j.core.vfio.MapRequest;
import io.github.iommu4j.core.vfio.UnmapRequest;
import io.github.iommu4j.core.vfio.UnmapResult;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** MAP_DMA, UNMAP_DMA and DIRTY_PAGES. */
final class MappingOperations {

    private static final long WORD_BYTES = 8;
    private static final long SMALLEST_PAGE = 4096;

    private final OpenFiles files;

    MappingOperations(OpenFiles files) {
        this.files = files;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("map", onContainer(this::map));
        operations.put("maploop", onContainer(this::mapMany));
        operations.put("unmap", this::unmap);
        operations.put("unmapbm", this::unmapWithBitmap);
        operations.put("dirty", onContainer(this::dirty));
    }

    /** An operation on an open container. */
    private interface OnContainer {
        Answer perform(Container container, Arguments arguments);
    }

    private Operation onContainer(OnContainer operation) {
        return arguments -> {
            Container container = containerOf(arguments);
            return container == null ? Answer.EBADF : operation.perform(container, arguments);
        };
    }

    private @Nullable Container containerOf(Arguments arguments) {
        return files.containers().get(arguments.integer(0));
    }

    private Answer map(Container container, Arguments arguments) {
        MapRequest request = new MapRequest(
                arguments.number(1),
                arguments.number(2),
                arguments.address(3),
                arguments.integer(4),
                arguments.integer(5, MapRequest.ARGSZ));
        return Answer.attempt(() -> container.mapDma(request));
    }

    private Answer mapMany(Container container, Arguments arguments) {
        long iova = arguments.number(1);
        long wanted = arguments.number(6);
        for (long count = 0; count < wanted; count++) {
            MapRequest request = new MapRequest(iova, arguments.number(3), arguments.address(4), arguments.integer(5));
            Answer answer = Answer.attempt(() -> container.mapDma(request));
            if (!answer.equals(Answer.OK)) {
                return answer.with("count", count);
            }
            iova += arguments.number(2);
        }
        return Answer.OK.with("count", wanted);
    }

    private Answer unmap(Arguments arguments) {
        UnmapRequest request = new UnmapRequest(
                arguments.number(1),
                arguments.number(2),
                arguments.integer(3),
                arguments.integer(4, UnmapRequest.ARGSZ),
                null);
        return unmap(arguments, request, bitmap -> "");
    }

    private Answer unmapWithBitmap(Arguments arguments) {
        long size = arguments.number(2);
        BitmapRequest bitmap = bitmap(size, arguments.number(3), arguments, 4);
        UnmapRequest request = UnmapRequest.withBitmap(arguments.number(1), size, bitmap);
        return unmap(arguments, request, dirty -> words(dirty, bitmap.size()));
    }

    /** The size is the caller's own when nothing was written back. */
    private Answer unmap(Arguments arguments, UnmapRequest request, Function<DirtyBitmap, String> words) {
        Container container = containerOf(arguments);
        if (container == null) {
            return Answer.EBADF.with("size", ContainerOperations.hex(request.size()));
        }
        try {
            UnmapResult result = container.unmapDma(request);
            Answer answer = Answer.OK.with("size", ContainerOperations.hex(result.size()));
            String text = words.apply(result.bitmap());
            return text.isEmpty() ? answer : answer.with("bm", text);
        } catch (IommuException refusal) {
            return Answer.of(refusal).with("size", ContainerOperations.hex(request.size()));
        }
    }

    private Answer dirty(Container container, Arguments arguments) {
        return switch (arguments.text(1)) {
            case "start" -> Answer.attempt(() -> container.dirtyPages(DirtyRequest.of(DirtyRequest.START)));
            case "stop" -> Answer.attempt(() -> container.dirtyPages(DirtyRequest.of(DirtyRequest.STOP)));
            case "get" -> dirtyBitmap(container, arguments);
            default -> Answer.attempt(() -> container.dirtyPages(DirtyRequest.of(arguments.integer(1))));
        };
    }

    private static Answer dirtyBitmap(Container container, Arguments arguments) {
        long size = arguments.number(3);
        BitmapRequest bitmap = bitmap(size, arguments.number(4), arguments, 5);
        DirtyBitmap dirty =
                container.dirtyPages(DirtyRequest.get(new DirtyRequest.Range(arguments.number(2), size, bitmap)));
        return Answer.OK.with("bm", words(dirty, bitmap.size()));
    }

    /** Unless told otherwise the harness offers a bitmap of exactly the size the range needs. */
    private static BitmapRequest bitmap(long size, long pageSize, Arguments arguments, int sizeIndex) {
        if (arguments.has(sizeIndex)) {
            return new BitmapRequest(pageSize, arguments.number(sizeIndex));
        }
        long pages = Long.divideUnsigned(size, pageSize == 0 ? SMALLEST_PAGE : pageSize);
        long words = Long.divideUnsigned(pages + Long.SIZE - 1, Long.SIZE);
        return new BitmapRequest(pageSize, words * WORD_BYTES);
    }

    /** The caller's whole bitmap in hexadecimal words; what the kernel did not write is zero. */
    private static String words(DirtyBitmap dirty, long bytes) {
        long[] written = dirty.words();
        return LongStream.range(0, Math.max(1, bytes / WORD_BYTES))
                .mapToObj(i -> Long.toHexString(i < written.length ? written[(int) i] : 0))
                .collect(Collectors.joining(","));
    }
}
