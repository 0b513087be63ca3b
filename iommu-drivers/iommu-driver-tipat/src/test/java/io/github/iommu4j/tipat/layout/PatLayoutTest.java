package io.github.iommu4j.tipat.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.testkit.layout.LayoutAssert;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The layouts beside the numbers of TI's chip support library ({@code cslr_pat.h}) and of the Linux driver. */
final class PatLayoutTest {

    @Test
    void registersAscendAndDoNotOverlap() {
        LayoutAssert.offsetsAscend(List.of(PatRegister.values()), PatRegister::offset, register -> Integer.BYTES);
    }

    @Test
    void fieldsFormOneWordEach() {
        LayoutAssert.fieldsFormWords(PatFields.Pid.class, 1);
        LayoutAssert.fieldsFormWords(PatFields.Control.class, 1);
        LayoutAssert.fieldsFormWords(PatFields.LoggingControl.class, 1);
        LayoutAssert.fieldsFormWords(PatFields.Header0.class, 1);
        LayoutAssert.fieldsFormWords(PatFields.Header1.class, 1);
        LayoutAssert.fieldsFormWords(PatFields.Data1.class, 1);
        LayoutAssert.fieldsFormWords(PatFields.Data2.class, 1);
        LayoutAssert.fieldsFormWords(PatFields.Data3.class, 1);
    }

    @ParameterizedTest
    @CsvSource({
        "PID, 0x00, RO",
        "CONFIG, 0x04, RO",
        "CONTROL, 0x10, RW",
        "DESTINATION_ID, 0x84, RW",
        "EXCEPTION_LOGGING_CONTROL, 0xA0, RW",
        "EXCEPTION_LOGGING_HEADER0, 0xA4, RO",
        "EXCEPTION_LOGGING_HEADER1, 0xA8, RO",
        "EXCEPTION_LOGGING_DATA0, 0xAC, RO",
        "EXCEPTION_LOGGING_DATA1, 0xB0, RO",
        "EXCEPTION_LOGGING_DATA2, 0xB4, RO",
        "EXCEPTION_LOGGING_DATA3, 0xB8, RO",
        "EXCEPTION_PEND_SET, 0xC0, W1S",
        "EXCEPTION_PEND_CLEAR, 0xC4, W1C",
        "EXCEPTION_ENABLE_SET, 0xC8, W1S",
        "EXCEPTION_ENABLE_CLEAR, 0xCC, W1C",
        "EOI_REG, 0xD0, WO"
    })
    void P01_registersStandWhereTheVendorPutsThem(PatRegister register, String offset, PatRegister.Access access) {
        assertThat(register.offset()).isEqualTo(Integer.decode(offset));
        assertThat(register.access()).isEqualTo(access);
        assertThat(PatRegister.at(register.offset())).contains(register);
        assertThat(register.writable() == 0).isEqualTo(access == PatRegister.Access.RO);
    }

    @Test
    void P01_nothingStandsElsewhere() {
        assertThat(PatRegister.values()).hasSize(16);
        assertThat(PatRegister.at(0x08)).isEmpty();
        assertThat(PatRegister.at(0x12)).isEmpty();
        assertThat(PatRegister.at(-4)).isEmpty();
        assertThat(PatRegister.at(0xFC)).isEmpty();
        assertThat(PatRegister.at(0x100)).isEmpty();
        assertThat(PatRegister.at(0x1_0000_0000L)).isEmpty();
    }

    @Test
    void P01_fieldsAreTheVendors() {
        assertMask(PatFields.Pid.MINOR, 0x0000003F);
        assertMask(PatFields.Pid.CUSTOM, 0x000000C0);
        assertMask(PatFields.Pid.MAJOR, 0x00000700);
        assertMask(PatFields.Pid.RTL, 0x0000F800);
        assertMask(PatFields.Pid.FUNC, 0x0FFF0000);
        assertMask(PatFields.Pid.BU, 0x30000000);
        assertMask(PatFields.Pid.SCHEME, 0xC0000000L);
        assertMask(PatFields.Control.EN, 0x00000001);
        assertMask(PatFields.Control.REPLACE_OID_EN, 0x00000002);
        assertMask(PatFields.Control.PAGE_SIZE, 0x00000030);
        assertMask(PatFields.Control.ARB_MODE, 0x000000C0);
        assertThat(PatRegister.CONTROL.writable()).isEqualTo(0xF3);
        assertMask(PatFields.LoggingControl.DISABLE_F, 0x00000001);
        assertMask(PatFields.LoggingControl.DISABLE_INTR, 0x00000002);
        assertMask(PatFields.Header0.DEST_ID, 0x000000FF);
        assertMask(PatFields.Header0.SRC_ID, 0x00FFFF00);
        assertMask(PatFields.Header0.TYPE, 0xFF000000L);
        assertMask(PatFields.Header1.CODE, 0x00FF0000);
        assertMask(PatFields.Header1.GROUP, 0xFF000000L);
        assertMask(PatFields.Data1.ADDR_H, 0x0000FFFF);
        assertMask(PatFields.Data2.PRIV_ID, 0x000000FF);
        assertMask(PatFields.Data2.SECURE, 0x00000100);
        assertMask(PatFields.Data2.PRIV, 0x00000200);
        assertMask(PatFields.Data2.CACHEABLE, 0x00000400);
        assertMask(PatFields.Data2.DEBUG, 0x00000800);
        assertMask(PatFields.Data2.READ, 0x00001000);
        assertMask(PatFields.Data2.WRITE, 0x00002000);
        assertMask(PatFields.Data2.ROUTEID, 0x0FFF0000);
        assertMask(PatFields.Data3.BYTECNT, 0x000003FF);
    }

    private static void assertMask(BitField field, long mask) {
        assertThat(field.mask()).isEqualTo(mask);
    }

    @ParameterizedTest
    @CsvSource({"SIZE_4K, 0, 4096", "SIZE_16K, 1, 16384", "SIZE_64K, 2, 65536", "SIZE_1M, 3, 1048576"})
    void P03_pageSizesAreEncodedAsTheDriverWritesThem(PatPageSize size, int code, long bytes) {
        assertThat(size.code()).isEqualTo(code);
        assertThat(size.bytes()).isEqualTo(bytes);
        assertThat(PatPageSize.ofLg2(size.lg2())).contains(size);
    }

    @Test
    void P03_thereAreNoOtherPageSizes() {
        assertThat(PatPageSize.ofLg2(13)).isEmpty();
        assertThat(PatPageSize.ofLg2(21)).isEmpty();
    }
}
