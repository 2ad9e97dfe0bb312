// What DRF's pages lack: the language, and one effect for a form that is submitted twice.
document.documentElement.lang = "en";

// An answer replaces the page by another, whose scripts run in the same window.
{
    // A key a page. (crypto.randomUUID is for https alone.)
    const key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
    jQuery.ajaxPrefilter((options, _, request) => {
        if (options.method === "POST") {
            request.setRequestHeader("Idempotency-Key", `page-${key}`);
        }
    });
}
