package io.github.iommu4j.api.device;

/**
 * A PCI requester ID with its segment. Immutable.
 *
 * @param segment PCI segment, 0 to 0xFFFF
 * @param bus bus number, 0 to 255
 * @param device device number, 0 to 31
 * @param function function number, 0 to 7
 */
public record RequesterId(int segment, int bus, int device, int function) implements Comparable<RequesterId> {

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException when a number is out of range
     */
    public RequesterId {
        if (segment >>> 16 != 0 || bus >>> 8 != 0 || device >>> 5 != 0 || function >>> 3 != 0) {
            throw new IllegalArgumentException(
                    "no PCI address: " + segment + ":" + bus + ":" + device + "." + function);
        }
    }

    /**
     * Reads the kernel's notation.
     *
     * @param text such as {@code 0000:3f:1f.7}
     * @return the requester ID
     * @throws IllegalArgumentException when the text is not of that form
     */
    public static RequesterId parse(String text) {
        if (!text.matches("[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7]")) {
            throw new IllegalArgumentException("'" + text + "' is not segment:bus:device.function");
        }
        return new RequesterId(
                Integer.parseInt(text.substring(0, 4), 16),
                Integer.parseInt(text.substring(5, 7), 16),
                Integer.parseInt(text.substring(8, 10), 16),
                text.charAt(11) - '0');
    }

    /**
     * The 16 bits a request carries.
     *
     * @return bus in bits 15:8, device in 7:3, function in 2:0
     */
    public int bits() {
        return bus << 8 | device << 3 | function;
    }

    @Override
    public int compareTo(RequesterId other) {
        return Integer.compare(segment << 16 | bits(), other.segment << 16 | other.bits());
    }

    @Override
    public String toString() {
        return String.format("%04x:%02x:%02x.%x", segment, bus, device, function);
    }
}
