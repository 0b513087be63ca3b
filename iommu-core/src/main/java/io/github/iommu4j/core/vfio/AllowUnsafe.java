package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import java.util.Locale;

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
        String letters = written.toLowerCase(Locale.ROOT);
        if (letters.startsWith("y") || letters.startsWith("t") || letters.startsWith("1") || letters.startsWith("on")) {
            return YES;
        }
        if (letters.startsWith("n") || letters.startsWith("f") || letters.startsWith("0") || letters.startsWith("of")) {
            return NO;
        }
        throw new IommuException(Errno.EINVAL, "\"" + written + "\" is no boolean");
    }
}
