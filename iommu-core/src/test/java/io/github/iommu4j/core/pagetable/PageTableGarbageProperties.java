package io.github.iommu4j.core.pagetable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.memory.ArenaAllocator.Piece;
import io.github.iommu4j.core.pagetable.Subjects.Subject;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tables over which somebody has scribbled: nothing crashes, nothing goes on for ever, no table is lost. */
class PageTableGarbageProperties {

    @Provide
    Arbitrary<Subject> subjects() {
        return Arbitraries.of(Subjects.all());
    }

    /** Maps something of every size here and there. */
    private static void fill(PageTable table) {
        PageTableFormat format = table.format();
        long space = 1L << format.inputBits();
        long first = format.inputHalf() == InputHalf.LOW ? 0 : -space;
        for (long left = format.pageSizes().bitmap(); left != 0; left &= left - 1) {
            long size = Long.lowestOneBit(left);
            for (long at : new long[] {0, space / 2, space - size}) {
                attempt(() -> table.map(first + at, 0, size, 1, Prot.READ_WRITE, new MapProgress()));
            }
        }
    }

    private static void attempt(Runnable call) {
        try {
            call.run();
        } catch (IommuException refusal) {
            assertThat(refusal.errno()).isNotNull();
        }
    }

    /** Puts a word somewhere in a table: anything, or a descriptor for a table or leaf, or a copy of another word. */
    private static void scribble(TableRig rig, PageTable table, long choice) {
        PageTableFormat format = table.format();
        List<Piece> tables = rig.arena.live();
        Piece victim = tables.get((int) Long.remainderUnsigned(choice, tables.size()));
        Piece other = tables.get((int) Long.remainderUnsigned(choice >>> 8, tables.size()));
        int wordBytes = format.wordBytes();
        long at = victim.address() + Long.remainderUnsigned(choice >>> 16, victim.size() / wordBytes) * wordBytes;
        TableLevel level = format.levels().get(format.levels().size() - 1);
        long pointer = level.tableAttributes() | format.tableAddress().write(other.address());
        long word = switch ((int) (choice >>> 40 & 3)) {
            case 0 -> choice * 0x9E37_79B9_7F4A_7C15L;
            case 1 -> level.tableAttributes() | choice & ~0xFFL & ~(1L << 62);
            default -> pointer;
        };
        if (wordBytes == 8) {
            rig.memory.store64(at, word);
        } else {
            rig.memory.store32(at, (int) word);
        }
    }

    @Property(tries = 600)
    void everyCallComesBack(
            @ForAll("subjects") Subject subject,
            @ForAll @Size(min = 1, max = 30) List<Long> choices,
            @ForAll boolean holes) {
        TableRig rig = holes ? TableRig.withBusErrors() : new TableRig();
        PageTable table = subject.create(rig.environment());
        PageTableFormat format = table.format();
        long space = 1L << format.inputBits();
        long first = format.inputHalf() == InputHalf.LOW ? 0 : -space;
        fill(table);
        for (long choice : choices) {
            scribble(rig, table, choice);
            long[] sizes = {
                format.pageSizes().smallest(),
                Long.highestOneBit(format.pageSizes().bitmap())
            };
            long size = sizes[(int) (choice & 1)];
            long iova = first
                    + switch ((int) (choice >>> 3 & 3)) {
                        case 0 -> 0;
                        case 1 -> space / 2;
                        case 2 -> space - size;
                        default -> Long.remainderUnsigned(choice >>> 5, space) / size * size;
                    };
            table.iovaToPhys(iova + (choice & size - 1));
            if ((choice & 0x100) != 0) {
                long unmapped = table.unmap(iova, size, 1 + (choice >>> 9 & 0xF), null);
                assertThat(unmapped & size - 1).isZero();
            } else {
                attempt(() -> table.map(iova, 0, size, 1, Prot.READ, new MapProgress()));
            }
        }
        AtomicLong leaves = new AtomicLong();
        table.forEachLeaf((iova, span, descriptor, pa) -> leaves.incrementAndGet());
        table.destroy();
        assertThat(rig.arena.live()).isEmpty();
    }

    @Test
    @Timeout(60)
    void tablesThatPointInCirclesAreWalkedOnce() {
        TableRig rig = new TableRig();
        PageTable table = Subjects.lpae().get(0).create(rig.environment());
        fill(table);
        for (Piece piece : rig.arena.live()) {
            rig.memory.storeRun64(piece.address(), table.root() | 3, 0, 512);
        }
        AtomicLong leaves = new AtomicLong();
        table.forEachLeaf((iova, span, descriptor, pa) -> leaves.incrementAndGet());
        assertThat(leaves).hasValue(512);
        assertThat(table.iovaToPhys(0x1234_5678_9ABCL)).isEqualTo(table.root() | 0xABC);
        table.destroy();
        assertThat(rig.arena.live()).isEmpty();
        assertThat(rig.warnings()).hasSize(2).anyMatch(line -> line.contains("512 descriptors"));
    }

    @Test
    void aDescriptorThatPointsNowhereIsAFaultOnMap() {
        TableRig rig = TableRig.withBusErrors();
        PageTable table = Subjects.lpae().get(0).create(rig.environment());
        rig.memory.store64(table.root(), 0x1000 | 3);
        MapProgress progress = new MapProgress();
        assertThatThrownBy(() -> table.map(0, 0, 0x1000, 1, Prot.READ, progress))
                .hasMessageContaining("EFAULT");
        assertThat(table.unmap(0, 0x1000, 1, null)).isZero();
        assertThat(table.iovaToPhys(0x42)).isZero();
        assertThat(rig.warnings()).hasSize(2);
        table.destroy();
        assertThat(rig.warnings()).hasSize(1);
        assertThat(rig.arena.live()).isEmpty();
    }

    @Test
    void whatIsNeitherTableNorLeafIsInTheWay() {
        TableRig rig = new TableRig();
        PageTable table = Subjects.shortDescriptors().get(0).create(rig.environment());
        rig.memory.store32(table.root(), 0x1234_5670);
        MapProgress progress = new MapProgress();
        assertThatThrownBy(() -> table.map(0, 0, 0x10_0000, 1, Prot.READ, progress))
                .hasMessageContaining("EEXIST")
                .hasMessageContaining("0x12345670");
        assertThat(table.unmap(0, 0x10_0000, 1, null)).isZero();
        assertThat(table.iovaToPhys(0)).isZero();
    }
}
