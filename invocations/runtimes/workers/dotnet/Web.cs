// Requests and answers of HTTP functions as the worker makes them.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Serin
{
    internal static class Latin1
    {
        public static readonly Encoding Encoding = Encoding.GetEncoding(28591);
    }

    internal static class Percent
    {
        /// <summary>Latin-1 as it came, with percent escapes, to text as UTF-8 has it; what is no escape stays.</summary>
        public static string Decoded(string text)
        {
            byte[] data = Latin1.Encoding.GetBytes(text);
            int length = 0;
            for (int at = 0; at < data.Length; at++)
            {
                int high = at + 2 < data.Length && data[at] == '%' ? Digit(data[at + 1]) : -1;
                int low = high < 0 ? -1 : Digit(data[at + 2]);
                data[length++] = low < 0 ? data[at] : (byte)(high << 4 | low);
                at += low < 0 ? 0 : 2;
            }
            return Encoding.UTF8.GetString(data, 0, length);
        }

        private static int Digit(byte character)
        {
            if (character >= '0' && character <= '9')
                return character - '0';
            int letter = (character | 32) - 'a';
            return letter >= 0 && letter < 6 ? letter + 10 : -1;
        }
    }

    internal sealed class WebRequest : HttpRequest
    {
        private IQueryCollection query;

        /// <summary>From the head of a call: see invocations/engine/http.py.</summary>
        public WebRequest(byte[] data, int head, int end, Stream body)
        {
            List<string> texts = Texts.Split(Latin1.Encoding.GetString(data, head, end - head));
            Method = texts[0];
            PathBase = new PathString(Percent.Decoded(texts[1]));
            Path = new PathString(Percent.Decoded(texts[2]));
            QueryString = new QueryString(texts[3] == "" ? "" : "?" + texts[3]);
            for (int at = 5; at + 1 < texts.Count; at += 2)
            {
                if (texts[at] == "cookie" && Headers.ContainsKey("cookie"))
                    Headers["cookie"] = Headers["cookie"] + "; " + texts[at + 1];
                else
                    Headers[texts[at]] = StringValues.Concat(Headers[texts[at]], texts[at + 1]);
            }
            Host = new HostString(Headers["host"].ToString());
            Body = body;
        }

        public override string Method { get; set; }
        public override string Scheme { get; set; } = "http";
        public override bool IsHttps { get => Scheme == "https"; set => Scheme = value ? "https" : "http"; }
        public override HostString Host { get; set; }
        public override PathString PathBase { get; set; }
        public override PathString Path { get; set; }
        public override QueryString QueryString { get; set; }
        public override IQueryCollection Query { get => query ?? (query = new WebQuery(QueryString.Value)); set => query = value; }
        public override string Protocol { get; set; } = "HTTP/1.1";
        public override IHeaderDictionary Headers { get; } = new WebHeaders();
        public override long? ContentLength { get => Headers.ContentLength; set => Headers.ContentLength = value; }
        public override string ContentType { get => Headers["Content-Type"]; set => Headers["Content-Type"] = value; }
        public override Stream Body { get; set; }
    }

    internal sealed class WebResponse : HttpResponse
    {
        private readonly WebAnswer answer;
        private readonly WebHeaders headers;
        private int status = 200;

        public WebResponse(WebAnswer answer)
        {
            this.answer = answer;
            answer.Response = this;
            headers = new WebHeaders(() => HasStarted);
            Body = answer;
        }

        public override int StatusCode
        {
            get => status;
            set => status = HasStarted ? throw new InvalidOperationException("StatusCode cannot be set: the response has already started") : value;
        }

        public override IHeaderDictionary Headers => headers;
        public override Stream Body { get; set; }
        public override long? ContentLength { get => headers.ContentLength; set => headers.ContentLength = value; }
        public override string ContentType { get => headers["Content-Type"]; set => headers["Content-Type"] = value; }
        public override bool HasStarted => answer.HasBegun;
    }

    /// <summary>Headers by name without regard to case; they are fixed once the answer has begun.</summary>
    internal sealed class WebHeaders : IHeaderDictionary
    {
        private readonly Dictionary<string, StringValues> values = new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);
        private readonly Func<bool> isFixed;

        public WebHeaders(Func<bool> isFixed = null)
        {
            this.isFixed = isFixed ?? (() => false);
        }

        public StringValues this[string key]
        {
            get => values.TryGetValue(key, out StringValues value) ? value : StringValues.Empty;
            set
            {
                if (value.Count == 0)
                    Changing().Remove(key);
                else
                    Changing()[key] = value;
            }
        }

        public long? ContentLength
        {
            get => long.TryParse(this["Content-Length"], NumberStyles.None, CultureInfo.InvariantCulture, out long length) ? length : (long?)null;
            set => this["Content-Length"] = value?.ToString(CultureInfo.InvariantCulture);
        }

        public ICollection<string> Keys => values.Keys;
        public ICollection<StringValues> Values => values.Values;
        public int Count => values.Count;
        public bool IsReadOnly => isFixed();

        public void Add(string key, StringValues value) => Changing().Add(key, value);
        public void Add(KeyValuePair<string, StringValues> item) => Add(item.Key, item.Value);
        public void Clear() => Changing().Clear();
        public bool Contains(KeyValuePair<string, StringValues> item) => values.TryGetValue(item.Key, out StringValues value) && value == item.Value;
        public bool ContainsKey(string key) => values.ContainsKey(key);
        public void CopyTo(KeyValuePair<string, StringValues>[] array, int index) => ((ICollection<KeyValuePair<string, StringValues>>)values).CopyTo(array, index);
        public bool Remove(string key) => Changing().Remove(key);
        public bool Remove(KeyValuePair<string, StringValues> item) => Contains(item) && Remove(item.Key);
        public bool TryGetValue(string key, out StringValues value) => values.TryGetValue(key, out value);
        public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() => values.GetEnumerator();
        IEnumerator IEnumerable.GetEnumerator() => values.GetEnumerator();

        private Dictionary<string, StringValues> Changing() =>
            isFixed() ? throw new InvalidOperationException("Headers are read-only: the response has already started") : values;
    }

    internal sealed class WebQuery : IQueryCollection
    {
        private readonly Dictionary<string, StringValues> values = new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);

        public WebQuery(string text)
        {
            foreach (string pair in (text ?? "").TrimStart('?').Split('&'))
            {
                if (pair == "")
                    continue;
                int equals = pair.IndexOf('=');
                string name = Decoded(equals < 0 ? pair : pair.Substring(0, equals));
                string value = equals < 0 ? "" : Decoded(pair.Substring(equals + 1));
                values[name] = StringValues.Concat(this[name], value);
            }
        }

        public int Count => values.Count;
        public ICollection<string> Keys => values.Keys;
        public StringValues this[string key] => values.TryGetValue(key, out StringValues value) ? value : StringValues.Empty;
        public bool ContainsKey(string key) => values.ContainsKey(key);
        public bool TryGetValue(string key, out StringValues value) => values.TryGetValue(key, out value);
        public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() => values.GetEnumerator();
        IEnumerator IEnumerable.GetEnumerator() => values.GetEnumerator();

        private static string Decoded(string text) => Percent.Decoded(text.Replace('+', ' '));
    }
}
