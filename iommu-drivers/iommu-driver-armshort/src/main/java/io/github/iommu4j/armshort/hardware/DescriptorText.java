package io.github.iommu4j.armshort.hardware;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.Explanation.Field;
import io.github.iommu4j.core.bits.BitField;
import java.util.ArrayList;
import java.util.List;

/** Descriptors in words, for explanations. Nothing here decides anything. */
final class DescriptorText {

    private static final BitField TYPE = bits(1, 0);
    private static final BitField SUPERSECTION = bit(18);

    private DescriptorText() {}

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    static List<Field> level1(DescriptorFormat format, int raw) {
        List<Field> fields = new ArrayList<>();
        if (TYPE.get(raw) == 1) {
            add(fields, "PXN", bit(2), raw);
            add(fields, "NS", bit(3), raw);
            add(fields, "Domain", bits(8, 5), raw);
        } else if (TYPE.get(raw) != 0) {
            add(fields, "PXN", bit(0), raw);
            add(fields, "XN", bit(4), raw);
            if (!SUPERSECTION.isSet(raw)) {
                add(fields, "Domain", bits(8, 5), raw);
            }
            fields.add(ap(bit(15).get(raw), bits(11, 10).get(raw)));
            fields.add(type(bits(14, 12), raw));
            add(fields, "S", bit(16), raw);
            add(fields, "nG", bit(17), raw);
            add(fields, "NS", bit(19), raw);
        }
        return extended(format, raw, fields);
    }

    static List<Field> level2(DescriptorFormat format, int raw) {
        List<Field> fields = new ArrayList<>();
        if (TYPE.get(raw) != 0) {
            boolean small = bit(1).isSet(raw);
            add(fields, "XN", small ? bit(0) : bit(15), raw);
            fields.add(ap(bit(9).get(raw), bits(5, 4).get(raw)));
            fields.add(type(small ? bits(8, 6) : bits(14, 12), raw));
            add(fields, "S", bit(10), raw);
            add(fields, "nG", bit(11), raw);
        }
        return extended(format, raw, fields);
    }

    static String level1Decision(DescriptorFormat format, int raw) {
        return switch (TYPE.getInt(raw)) {
            case 0 -> "invalid";
            case 1 -> "table at " + hex(format.bus(raw & 0xFFFF_FC00L | format.tableHigh(raw)));
            default ->
                SUPERSECTION.isSet(raw)
                        ? "supersection at " + output(format, raw & 0xFF00_0000L | format.supersectionHigh(raw))
                        : "section at " + output(format, raw & 0xFFF0_0000L | format.leafHigh(raw));
        };
    }

    static String level2Decision(DescriptorFormat format, int raw) {
        return switch (TYPE.getInt(raw)) {
            case 0 -> "invalid";
            case 1 -> "large page at " + output(format, raw & 0xFFFF_0000L | format.leafHigh(raw));
            default -> "small page at " + output(format, raw & 0xFFFF_F000L | format.leafHigh(raw));
        };
    }

    private static String output(DescriptorFormat format, long address) {
        long bus = format.bus(address);
        return bus == address ? hex(address) : hex(address) + ", which is " + hex(bus) + " of memory";
    }

    /** MediaTek's address bits lie where permissions and domains are elsewhere. */
    private static List<Field> extended(DescriptorFormat format, int raw, List<Field> fields) {
        if (!format.isMediatek() || TYPE.get(raw) == 0) {
            return fields;
        }
        fields.removeIf(field -> List.of("XN", "AP", "Domain").contains(field.name()));
        boolean table = TYPE.get(raw) == 1
                && fields.stream().anyMatch(field -> field.name().equals("PXN"));
        long high = table ? format.tableHigh(raw) : format.leafHigh(raw);
        fields.add(new Field("PA[34:32]", hex(high >>> 32)));
        return fields;
    }

    private static void add(List<Field> fields, String name, BitField field, int raw) {
        fields.add(new Field(name, hex(field.get(raw))));
    }

    private static Field ap(long high, long low) {
        return new Field("AP", hex(high << 2 | low));
    }

    private static Field type(BitField tex, int raw) {
        return new Field("TEX,C,B", hex(tex.get(raw) << 2 | bits(3, 2).get(raw)));
    }
}
