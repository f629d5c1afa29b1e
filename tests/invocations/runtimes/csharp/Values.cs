using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Aliyun.Serverless.Core;
using Aliyun.Serverless.Core.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Shop
{
    public enum Colour { Red, Green }

    public class Item
    {
        public string Name { get; set; }
        public int Count;
        public List<decimal> Prices { get; set; }
        public DateTime? At { get; set; }
        public Dictionary<string, Item> Parts { get; set; }
        public Colour Colour { get; set; }
        public bool IsMany => Count > 1;
    }

    public class Point
    {
        public Point(int x, int y) { X = x; Y = y; }
        public int X { get; }
        public int Y { get; }
    }

    public class Reversing : IFcSerializer
    {
        public T Deserialize<T>(Stream stream)
        {
            return (T)(object)new string(new StreamReader(stream).ReadToEnd().Reverse().ToArray());
        }

        public void Serialize<T>(T value, Stream stream)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(typeof(T).Name + ":" + value);
            stream.Write(bytes, 0, bytes.Length);
        }
    }

    public class Orders
    {
        private int calls;

        public Stream Echo(Stream input) { return input; }
        public async Task<Stream> Copied(Stream input, IFcContext context)
        {
            // Neither rewound, as in the library's own example, nor open any more, as in the manual's.
            using (var copy = new MemoryStream())
            {
                await input.CopyToAsync(copy);
                return copy;
            }
        }
        public Stream FromFile(Stream input)
        {
            File.WriteAllText("/tmp/answer", "from a file");
            return File.OpenRead("/tmp/answer");
        }
        public static string Static(string text, IFcContext context) { return text + context.FunctionParam.FunctionName; }
        public string Text(string text) { return text; }
        public string Nothing() { return null; }
        public void Void(Stream input) { }
        public Task Later(Stream input) { return Task.Delay(1); }
        public async void AsyncVoid(string text) { await Task.Delay(10); Console.WriteLine("after"); if (text != "") throw new ArgumentException(text); }
        public Item Poco(Item item) { item.Count++; return item; }
        public Point Mirrored(Point point) { return new Point(point.Y, point.X); }
        public async Task<int> Sum(int[] numbers) { await Task.Yield(); return numbers.Sum(); }
        public object Any(object value) { return new { Value = value, Half = 0.5, Whole = 2.0, None = double.NaN, Bytes = new byte[] { 1, 2 }, Quote = "\"\u0001" }; }
        public IEnumerable<object> Kinds(string text) { yield return Colour.Green; yield return 'c'; yield return 1.5m; yield return TimeSpan.FromSeconds(90); yield return new Uri("http://a/b"); yield return new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc); }
        public int Calls(Stream input) { return ++calls; }
        [FcSerializer(typeof(Reversing))]
        public string Reversed(string text) { return text; }
        [FcSerializer(typeof(Item))]
        public string NoSerializer(string text) { return text; }
        public Item Endless(string text) { var item = new Item(); item.Parts = new Dictionary<string, Item> { { "self", item } }; return item; }
        public string Two(string text) { return "one"; }
        public string Two(int number) { return "two"; }
        public string Web(HttpRequest request, HttpResponse response, IFcContext context) { return ""; }
        public string Environment_() { return Environment.GetEnvironmentVariable("COLOUR") + TimeZoneInfo.Local.BaseUtcOffset.Hours + Directory.GetCurrentDirectory() + Environment.GetEnvironmentVariable("MONO_CFG_DIR"); }
        public string Fails(string text) { return Inner(() => { throw new KeyNotFoundException(text); }); }
        private string Inner(Action action) { action(); return ""; }
        public async Task<string> FailsLater(string text) { await Task.Delay(1); throw new KeyNotFoundException(text); }
    }

    public class Broken { public Broken() { throw new InvalidOperationException("not built"); } public void Run() { } }

    public class Kept
    {
        private readonly List<string> seen = new List<string>();
        public void Prepare(IFcContext context) { seen.Add(context.ServiceMeta.Qualifier); }
        public List<string> Handle(string text) { seen.Add(text); return seen; }
    }
}
