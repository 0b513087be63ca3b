package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;

/** Whether groups without interrupt isolation may be used (parameter {@code allow_unsafe_interrupts}). */
public enum AllowUnsafe {
    /** They may. */
    YES("Y"),
    /** Attaching them is refused with {@code EPERM}. */
    NO("N");

    private final String text;

    AllowUnsafe(String text) {
        this.text = text;
    }

    /**
     * What reading the module parameter gives.
     *
     * @return {@code Y} or {@code N}, without a newline
     */
    public String text() {
        return text;
    }

    /**
     * What writing the module parameter means.
     *
     * @param written the text, of which the first letters count as the kernel reads a boolean
     * @return the value
     * @throws IommuException {@code EINVAL} when it is no boolean
     */
    public static AllowUnsafe parse(String written) {
        String word = written.strip();
        if (word.startsWith("o") || word.startsWith("O")) {
            word = word.substring(1);
        }
        return switch (word.isEmpty() ? ' ' : word.charAt(0)) {
            case 'y', 'Y', '1', 't', 'T', 'n', 'N', '0', 'f', 'F' -> parseLetter(word.charAt(0));
            default -> throw new IommuException(Errno.EINVAL, "\"" + written + "\" is no boolean");
        };
    }

    private static AllowUnsafe parseLetter(char letter) {
        return "yY1tT".indexOf(letter) >= 0 ? YES : NO;
    }
}
