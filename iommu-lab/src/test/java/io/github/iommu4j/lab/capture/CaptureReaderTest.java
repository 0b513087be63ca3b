package io.github.iommu4j.lab.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureReaderTest {

    @TempDir
    private Path temporary;

    private Path capture;

    @BeforeEach
    void copy() throws IOException {
        capture = CaptureFiles.copyShipped(temporary);
    }

    @Test
    void everyTableOfTheShippedCaptureIsRead() throws CaptureException {
        Capture read = CaptureReader.read(CaptureSource.shipped());
        assertThat(read.name()).isEqualTo("smmu-06-stage2");
        assertThat(read.registers().require("STRTAB_BASE")).isEqualTo(0x4000000043062000L);
        assertThat(read.translations()).hasSize(135);
        assertThat(read.probes()).hasSize(431);
        assertThat(read.unmapped()).hasSize(195);
        assertThat(read.events()).hasSize(264);
        assertThat(read.image().pages()).hasSize(542);
    }

    @Test
    void theLastColumnsOfAProbeAreRead() throws CaptureException {
        ProbeRow probe = CaptureReader.read(CaptureSource.shipped()).probes().get(2);
        assertThat(probe.streamId()).isEqualTo(0x38);
        assertThat(probe.event()).containsExactly(0x3800000013L, 0x28000000000L, 0x123459540L, 0x123459540L);
        assertThat(probe.specification()).isEqualTo(Expectation.fault("F_PERMISSION"));
        assertThat(probe.note()).isEqualTo("mapped_ro");
    }

    @Test
    void aDirectoryThatDoesNotExistIsNamed() {
        assertRefused(capture.resolve("nowhere"), "nowhere does not exist");
    }

    @Test
    void aFileIsNoDirectory() {
        assertRefused(capture.resolve("regs.csv"), "regs.csv is not a directory");
    }

    @Test
    void aDirectoryWithoutRegistersIsNoCapture() throws IOException {
        assertRefused(Files.createDirectory(temporary.resolve("empty")), "regs.csv is missing in empty");
    }

    @Test
    void everyMissingFileIsNamed() throws IOException {
        for (String file : new String[] {
            "events.csv", "walker_unmapped.csv", "probe.csv", "qemu_translations.csv", "pages.bin.gz", "pages.csv"
        }) {
            Files.delete(capture.resolve(file));
            assertRefused(capture, file + " is missing in smmu-06-stage2");
        }
    }

    @Test
    void garbageForANumberIsShownWithItsLineAndColumn() throws IOException {
        CaptureFiles.setCell(capture.resolve("probe.csv"), 7, "iova", "0xzz");
        assertRefused(
                capture, "probe.csv line 7: column iova: '0xzz' is not a hexadecimal number with 0x, at most 64 bits");
    }

    @Test
    void aNumberOfMoreThan64BitsIsRefused() throws IOException {
        CaptureFiles.setCell(capture.resolve("walker_unmapped.csv"), 3, "iova", "0x10000000000000000");
        assertRefused(capture, "walker_unmapped.csv line 3: column iova");
    }

    @Test
    void aSignIsNoPartOfAHexadecimalNumber() throws IOException {
        CaptureFiles.setCell(capture.resolve("walker_unmapped.csv"), 3, "iova", "0x+1");
        assertRefused(capture, "walker_unmapped.csv line 3: column iova");
    }

    @Test
    void aStreamIdOfMoreThan32BitsIsRefused() throws IOException {
        CaptureFiles.setCell(capture.resolve("qemu_translations.csv"), 2, "sid", "0x100000000");
        assertRefused(
                capture,
                "qemu_translations.csv line 2: column sid: '0x100000000' is not a hexadecimal number of at"
                        + " most 32 bits");
    }

    @Test
    void aRegisterValueWiderThanTheRegisterIsRefused() throws IOException {
        CaptureFiles.setCell(capture.resolve("regs.csv"), 2, "value", "0x100000000");
        assertRefused(capture, "regs.csv line 2: column value");
    }

    @Test
    void aRegisterListedTwiceIsRefused() throws IOException {
        CaptureFiles.edit(capture.resolve("regs.csv"), text -> text + "CR0,0x20,4,0x0\n");
        assertRefused(capture, "regs.csv: register CR0 is listed twice");
    }

    @Test
    void aLineWithAMissingCellIsRefused() throws IOException {
        CaptureFiles.edit(capture.resolve("events.csv"), text -> text + "9,0x1,4\n");
        assertRefused(capture, "events.csv line 266: 3 cells where the header has 15");
    }

    @Test
    void aTableWithoutAColumnIsRefused() throws IOException {
        CaptureFiles.edit(capture.resolve("probe.csv"), text -> text.replaceFirst("walker_verdict", "verdict"));
        assertRefused(capture, "probe.csv line 1: no column walker_verdict");
    }

    @Test
    void anEmptyFileHasNoColumns() throws IOException {
        Files.writeString(capture.resolve("pages.csv"), "");
        assertRefused(capture, "pages.csv line 1: no column gpa");
    }

    @Test
    void anOpenQuoteIsRefused() throws IOException {
        CaptureFiles.edit(capture.resolve("pages.csv"), text -> text + "\"0x1000,0,x\n");
        assertRefused(capture, "pages.csv: ");
    }

    @Test
    void bytesThatAreNoTextAreRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(capture.resolve("probe.csv"));
        bytes[bytes.length / 2] = (byte) 0xFF;
        Files.write(capture.resolve("probe.csv"), bytes);
        assertRefused(capture, "probe.csv: not UTF-8 text");
    }

    @Test
    void anUnknownVerdictIsRefused() throws IOException {
        CaptureFiles.setCell(capture.resolve("probe.csv"), 2, "qemu_verdict", "MAYBE");
        assertRefused(capture, "probe.csv line 2: column qemu_verdict: 'MAYBE' is not a verdict");
    }

    @Test
    void anEventRecordOfTheWrongLengthIsRefused() throws IOException {
        CaptureFiles.setCell(capture.resolve("events.csv"), 4, "raw_le_bytes", "1300");
        assertRefused(
                capture, "events.csv line 4: column raw_le_bytes: '1300' is not a 32 bytes as hexadecimal digits");
    }

    @Test
    void aPageAddressThatIsNoPageIsRefused() throws IOException {
        CaptureFiles.setCell(capture.resolve("pages.csv"), 2, "gpa", "0x43062800");
        assertRefused(capture, "pages.csv line 2: column gpa");
    }

    @Test
    void aPageListedTwiceIsRefused() throws IOException {
        CaptureFiles.edit(capture.resolve("pages.csv"), text -> text + "0x43062000,0,ste\n");
        assertRefused(capture, "pages.csv: page 0x43062000 is listed twice");
    }

    @Test
    void aPageBeyondTheContentIsRefused() throws IOException {
        CaptureFiles.setCell(capture.resolve("pages.csv"), 2, "offset", "143360");
        assertRefused(capture, "pages.bin.gz: holds 143360 bytes where pages.csv points at 147456");
    }

    @Test
    void aTruncatedContentIsRefused() throws IOException {
        byte[] packed = Files.readAllBytes(capture.resolve("pages.bin.gz"));
        Files.write(capture.resolve("pages.bin.gz"), Arrays.copyOf(packed, packed.length / 2));
        assertRefused(capture, "pages.bin.gz: truncated gzip stream");
    }

    @Test
    void aContentThatLostItsLastBytesIsRefused() throws IOException {
        byte[] packed = Files.readAllBytes(capture.resolve("pages.bin.gz"));
        Files.write(capture.resolve("pages.bin.gz"), Arrays.copyOf(packed, packed.length - 5));
        assertRefused(capture, "pages.bin.gz: truncated gzip stream");
    }

    @Test
    void aContentThatIsNotPackedIsRefused() throws IOException {
        Files.write(capture.resolve("pages.bin.gz"), "no gzip at all".getBytes(StandardCharsets.US_ASCII));
        assertRefused(capture, "pages.bin.gz: damaged gzip stream");
    }

    @Test
    void hardwareWithoutADriverIsNamed() throws IOException {
        Path amd = Files.createDirectory(temporary.resolve("amdvi-x"));
        Files.writeString(amd.resolve("regs.csv"), "name,offset,bytes,value\nDEVTAB,0x0,8,0x11bc001\n");
        assertRefused(amd, "no driver for amdvi yet (amdvi-x)");
    }

    @Test
    void registersOfNothingKnownAreRefused() throws IOException {
        Path other = Files.createDirectory(temporary.resolve("other"));
        Files.writeString(other.resolve("regs.csv"), "name,offset,bytes,value\nFOO,0x0,4,0x10\n");
        assertRefused(other, "regs.csv: not the registers of an IOMMU that is known here");
    }

    private static void assertRefused(Path directory, String message) {
        assertThatExceptionOfType(CaptureException.class)
                .isThrownBy(() -> CaptureReader.read(CaptureSource.directory(directory)))
                .satisfies(e -> assertThat(e.getMessage()).contains(message).doesNotContain("\n"));
    }
}
