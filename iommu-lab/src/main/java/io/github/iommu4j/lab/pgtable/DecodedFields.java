package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.dma.Explanation.Field;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.lab.vector.Members;
import java.util.ArrayList;
import java.util.List;

/** The fields of a kind of descriptor, by the specification's names and in its order. Immutable. */
final class DecodedFields {

    private record Named(String name, BitField field) {}

    private final List<Named> fields;

    /** None. */
    DecodedFields() {
        this(List.of());
    }

    private DecodedFields(List<Named> fields) {
        this.fields = fields;
    }

    /** One more. */
    DecodedFields with(String name, BitField field) {
        List<Named> more = new ArrayList<>(fields);
        more.add(new Named(name, field));
        return new DecodedFields(more);
    }

    /** Their values in a descriptor. */
    List<Field> of(long descriptor) {
        return fields.stream()
                .map(named -> new Field(named.name, Members.text(named.field.get(descriptor))))
                .toList();
    }
}
