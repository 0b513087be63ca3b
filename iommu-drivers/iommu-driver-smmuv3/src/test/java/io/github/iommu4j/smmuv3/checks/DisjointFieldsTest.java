package io.github.iommu4j.smmuv3.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.L1ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.L1StreamTableDescriptor;
import io.github.iommu4j.smmuv3.layout.RegisterFields;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import io.github.iommu4j.testkit.layout.LayoutAssert;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The fields of a word do not overlap, nor do registers. */
class DisjointFieldsTest {

    @Test
    void streamTableEntriesHaveFourWordsOfFields() {
        LayoutAssert.fieldsFormWords(StreamTableEntry.class, 4);
    }

    @Test
    void contextDescriptorsHaveTwoKindsOfWords() {
        LayoutAssert.fieldsFormWords(ContextDescriptor.class, 2);
    }

    @Test
    void levelOneDescriptorsAreOneWord() {
        LayoutAssert.fieldsFormWords(L1StreamTableDescriptor.class, 1);
        LayoutAssert.fieldsFormWords(L1ContextDescriptor.class, 1);
    }

    @Test
    void eventRecordsHaveTwoReadingsOfTheirSecondAndFourthWords() {
        LayoutAssert.fieldsFormWords(EventRecord.class, 5);
    }

    @Test
    void controlRegistersAreOneWordEach() {
        for (Class<?> register : List.of(
                RegisterFields.Cr0.class,
                RegisterFields.Cr1.class,
                RegisterFields.Cr2.class,
                RegisterFields.Gbpa.class,
                RegisterFields.IrqCtrl.class)) {
            LayoutAssert.fieldsFormWords(register, 1);
        }
    }

    @Test
    void identificationRegistersHaveDisjointFields() {
        Map<SmmuRegister, Map<String, BitField>> byRegister = new EnumMap<>(SmmuRegister.class);
        for (IdField field : IdField.values()) {
            byRegister
                    .computeIfAbsent(field.register(), unused -> new HashMap<>())
                    .put(field.name(), field.field());
        }
        assertThat(byRegister).hasSize(5);
        byRegister.values().forEach(LayoutAssert::disjoint);
    }

    @Test
    void registersDoNotOverlap() {
        LayoutAssert.offsetsAscend(List.of(SmmuRegister.values()), SmmuRegister::offset, SmmuRegister::width);
    }
}
